//! Files from the reader: dropped, picked one by one, or picked as a folder. Paths are kept; no byte is read here.

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::{Array, Promise};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DataTransfer, DataTransferItem, DragEvent, File, FileList, FileSystemDirectoryEntry, FileSystemEntry,
    FileSystemFileEntry, HtmlInputElement,
};

use super::state::{App, Stage, Trouble};
use super::{dom, engine, paper, text};

/// A file and its path in the bundle.
#[derive(Clone, Debug)]
pub struct Picked {
    /// The path: the name, or from the picked folder on.
    pub path: String,
    /// The handle.
    pub file: File,
}

/// Opens what was chosen in a file or folder field, and empties it, so that the same choice counts again.
pub fn open_chosen(app: App, input: &HtmlInputElement) {
    let picked = from_list(input.files());
    input.set_value("");
    open(app, picked);
}

/// Returns what was chosen in a field, with the name that a bundle of it has, and empties the field.
pub fn chosen(input: &HtmlInputElement) -> (String, Vec<Picked>) {
    let picked = from_list(input.files());
    input.set_value("");
    (bundle_name(&picked), picked)
}

fn from_list(list: Option<FileList>) -> Vec<Picked> {
    let Some(list) = list else { return Vec::new() };
    (0..list.length())
        .filter_map(|at| list.get(at))
        .map(|file| {
            let path = dom::text_property(&file, "webkitRelativePath");
            Picked { path: if path.is_empty() { file.name() } else { path }, file }
        })
        .collect()
}

fn open(app: App, picked: Vec<Picked>) {
    // A workpaper by itself needs no bundle; among other files it is found by its content.
    if let [only] = picked.as_slice()
        && is_paper(only)
    {
        return paper::open_file(app, &only.file);
    }
    let name = bundle_name(&picked);
    engine::open(app, name, picked);
}

fn is_paper(picked: &Picked) -> bool {
    picked.path.ends_with(".lacuna")
}

/// Returns the name of a bundle: of its one file, of its one folder, or of the first file by name and how many more there
/// are, as the command line names it. A workpaper is no evidence, and gives no name.
fn bundle_name(picked: &[Picked]) -> String {
    let evidence = || picked.iter().filter(|one| !is_paper(one));
    let first = evidence().min_by(|a, b| a.path.cmp(&b.path)).or(picked.first());
    let Some(first) = first else { return String::new() };
    let amount = evidence().count();
    if amount < 2 {
        return first.file.name();
    }
    let folder = first.path.split_once('/').map(|(folder, _)| folder);
    match folder {
        Some(folder) if picked.iter().all(|one| one.path.split('/').next() == Some(folder)) => {
            folder.to_owned()
        }
        _ => [&first.file.name(), " and ", &(amount - 1).to_string(), " more"].concat(),
    }
}

/// Takes files that are dropped anywhere on the page, so that a missed aim never makes the browser show the file.
pub fn listen_for_drops(app: App) {
    let listen = |name: &'static str, on: fn(App, &DragEvent)| {
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&window(), name, options, move |event| {
            if let Some(event) = event.dyn_ref::<DragEvent>() {
                event.prevent_default();
                on(app, event);
            }
        })
        .forget();
    };
    listen("dragover", |app, _| {
        if !app.is_dragging.get_untracked() {
            app.is_dragging.set(true);
        }
    });
    listen("dragleave", |app, event| {
        if event.related_target().is_none() {
            app.is_dragging.set(false);
        }
    });
    listen("drop", |app, event| {
        app.is_dragging.set(false);
        if app.stage.get_untracked() != Stage::Opening
            && let Some(transfer) = event.data_transfer()
        {
            drop_in(app, &transfer);
        }
    });
}

/// Something that was dropped. What it gives must be taken while the event lasts; looking into folders comes after.
enum Dropped {
    File(File),
    /// A folder as an entry, and as a promise of a handle where the browser has those.
    Folder(FileSystemDirectoryEntry, Option<Promise>),
}

fn drop_in(app: App, transfer: &DataTransfer) {
    let items = transfer.items();
    let mut dropped = Vec::new();
    for at in 0..items.length() {
        if let Some(item) = items.get(at).as_ref().and_then(take) {
            dropped.push(item);
        }
    }
    if dropped.is_empty() {
        return open(app, from_list(transfer.files()));
    }
    let bound = usize::try_from(app.limits.get_untracked().entries).unwrap_or(usize::MAX);
    spawn_local(async move {
        match list_all(dropped, bound).await {
            Ok(picked) => open(app, picked),
            Err(fact) => {
                app.trouble.set(Some(Trouble { text: fact, detail: String::new(), can_reload: false }));
            }
        }
    });
}

fn take(item: &DataTransferItem) -> Option<Dropped> {
    if item.kind() != "file" {
        return None;
    }
    let entry = item.webkit_get_as_entry().ok().flatten();
    let folder = entry.filter(FileSystemEntry::is_directory);
    match folder {
        Some(folder) => {
            // Not every browser has the class under its standard name, so that its method is what tells.
            let folder = folder.unchecked_into::<FileSystemDirectoryEntry>();
            let method = dom::property(item, "getAsFileSystemHandle").dyn_into::<js_sys::Function>().ok();
            let handle = method.and_then(|method| method.call0(item).ok()?.dyn_into::<Promise>().ok());
            Some(Dropped::Folder(folder, handle))
        }
        // A file as such: the entry of a file cannot be read in a document that was opened from disk.
        None => item.get_as_file().ok().flatten().map(Dropped::File),
    }
}

async fn list_all(dropped: Vec<Dropped>, bound: usize) -> Result<Vec<Picked>, String> {
    let mut picked = Vec::new();
    for item in dropped {
        match item {
            Dropped::File(file) => picked.push(Picked { path: file.name(), file }),
            Dropped::Folder(entry, handle) => {
                let listed = match handle {
                    Some(promise) => list_handle(promise, &mut picked, bound).await,
                    None => list_entry(entry, &mut picked, bound).await,
                };
                listed.map_err(|error| {
                    let message = dom::text_property(&error, "message");
                    ["The browser could not list the folder. Pick it with the button instead. ", &message]
                        .concat()
                })?;
            }
        }
    }
    if picked.is_empty() {
        return Err("The folder holds no files.".to_owned());
    }
    Ok(picked)
}

fn over(bound: usize) -> JsValue {
    let message = ["There are more than ", &text::number(bound as u64), " files (limit: entries)."].concat();
    js_sys::Error::new(&message).into()
}

/// Lists a folder by the file system entries of the drag event.
async fn list_entry(
    root: FileSystemDirectoryEntry,
    picked: &mut Vec<Picked>,
    bound: usize,
) -> Result<(), JsValue> {
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        let reader = folder.create_reader();
        loop {
            let promise = Promise::new(&mut |resolve, reject| {
                // What it throws arrives through `reject`.
                reader.read_entries_with_callback_and_callback(&resolve, &reject).ok();
            });
            // A reader gives up to a hundred entries at a time, and none at the end.
            let entries = Array::from(&JsFuture::from(promise).await?);
            if entries.length() == 0 {
                break;
            }
            for entry in entries.iter() {
                let entry = entry.unchecked_into::<FileSystemEntry>();
                if entry.is_directory() {
                    folders.push(entry.unchecked_into());
                } else {
                    let path = entry.full_path().trim_start_matches('/').to_owned();
                    let entry = entry.unchecked_into::<FileSystemFileEntry>();
                    let promise = Promise::new(&mut |resolve, reject| {
                        entry.file_with_callback_and_callback(&resolve, &reject);
                    });
                    let file = JsFuture::from(promise).await?.dyn_into::<File>()?;
                    picked.push(Picked { path, file });
                }
                if picked.len() > bound {
                    return Err(over(bound));
                }
            }
        }
    }
    Ok(())
}

/// Lists a folder by its file system handle, which also works in a document that was opened from disk.
async fn list_handle(promise: Promise, picked: &mut Vec<Picked>, bound: usize) -> Result<(), JsValue> {
    let root = JsFuture::from(promise).await?;
    let name = dom::text_property(&root, "name");
    let mut folders = vec![(root, name)];
    while let Some((folder, path)) = folders.pop() {
        let entries = call(&folder, "values")?;
        loop {
            let step = JsFuture::from(call(&entries, "next")?.dyn_into::<Promise>()?).await?;
            if dom::property(&step, "done").is_truthy() {
                break;
            }
            let entry = dom::property(&step, "value");
            let path = [&path, "/", &dom::text_property(&entry, "name")].concat();
            if dom::text_property(&entry, "kind") == "directory" {
                folders.push((entry, path));
            } else {
                let file = JsFuture::from(call(&entry, "getFile")?.dyn_into::<Promise>()?).await?;
                picked.push(Picked { path, file: file.dyn_into()? });
            }
            if picked.len() > bound {
                return Err(over(bound));
            }
        }
    }
    Ok(())
}

fn call(of: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    dom::property(of, name).dyn_into::<js_sys::Function>()?.call0(of)
}

//! Signatures that WebCrypto looks at, many at once and on other threads, before the engine checks them
//! (`lacuna::verify::ahead`).

use std::collections::BTreeMap;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use lacuna::verify::ahead::Question;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, DedicatedWorkerGlobalScope, SubtleCrypto};

/// A point of a curve.
type Point = (&'static str, Vec<u8>);

/// WebCrypto, and the keys that it has taken in; `None` for one that it refused.
#[derive(Default)]
pub struct WebCrypto {
    keys: BTreeMap<Point, Option<CryptoKey>>,
}

impl WebCrypto {
    /// Lets WebCrypto look at signatures, and remembers those that it says hold. Where it is not there or says nothing,
    /// the engine computes.
    pub async fn look_at(&mut self, questions: &[Question]) {
        if questions.is_empty() {
            return;
        }
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let Ok(crypto) = scope.crypto() else { return };
        let subtle = crypto.subtle();
        self.import(&subtle, questions).await;
        let key = |question: &Question| {
            self.keys.get(&(question.algorithm().0, question.point.clone())).cloned().flatten()
        };
        let asked: Vec<(&Question, Promise)> = questions
            .iter()
            .filter_map(|question| Some((question, verify(&subtle, &key(question)?, question)?)))
            .collect();
        let answers = settled(asked.iter().map(|(_, promise)| promise)).await;
        for ((question, _), answer) in asked.iter().zip(answers) {
            if answer.as_bool() == Some(true) {
                question.holds();
            }
        }
    }

    /// Takes in the keys that are new.
    async fn import(&mut self, subtle: &SubtleCrypto, questions: &[Question]) {
        let mut new: BTreeMap<Point, Promise> = BTreeMap::new();
        for question in questions {
            let point = (question.algorithm().0, question.point.clone());
            if self.keys.contains_key(&point) || new.contains_key(&point) {
                continue;
            }
            match import(subtle, &point) {
                Some(promise) => drop(new.insert(point, promise)),
                None => drop(self.keys.insert(point, None)),
            }
        }
        let keys = settled(new.values()).await;
        self.keys.extend(new.into_keys().zip(keys.into_iter().map(|key| key.dyn_into().ok())));
    }
}

fn import(subtle: &SubtleCrypto, (curve, point): &Point) -> Option<Promise> {
    let algorithm = object(&[("name", "ECDSA".into()), ("namedCurve", (*curve).into())])?;
    let usages = Array::of1(&"verify".into());
    let bytes = Uint8Array::from(point.as_slice());
    subtle.import_key_with_object("raw", &bytes, &algorithm, false, &usages).ok()
}

fn verify(subtle: &SubtleCrypto, key: &CryptoKey, question: &Question) -> Option<Promise> {
    let hash = question.algorithm().1;
    let algorithm = object(&[("name", "ECDSA".into()), ("hash", hash.into())])?;
    let signature = Uint8Array::from(question.signature.as_slice());
    let data = Uint8Array::from(question.data.as_slice());
    subtle.verify_with_object_and_buffer_source_and_buffer_source(&algorithm, key, &signature, &data).ok()
}

fn object(entries: &[(&str, JsValue)]) -> Option<Object> {
    let object = Object::new();
    for (key, value) in entries {
        Reflect::set(&object, &(*key).into(), value).ok()?;
    }
    Some(object)
}

/// Waits for all promises, and returns the value of each; undefined for what failed.
async fn settled<'p>(promises: impl Iterator<Item = &'p Promise>) -> Vec<JsValue> {
    let all: Array = promises.collect();
    let count = all.length();
    let outcomes = JsFuture::from(Promise::all_settled(&all)).await.map(|outcomes| Array::from(&outcomes));
    let Ok(outcomes) = outcomes else { return Vec::new() };
    let value = |at| Reflect::get(&outcomes.get(at), &"value".into()).unwrap_or_default();
    (0..count).map(value).collect()
}

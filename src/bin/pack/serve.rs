//! A server for one folder on this machine alone. A convenience: the document opens from disk just as well.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Longest request line and header that are read, in bytes.
const LONGEST_REQUEST: u64 = 16 * 1024;

/// Serves `lacuna.html` of the folder on 127.0.0.1 with the headers of its `_headers`, until the process is ended. Port 0
/// takes a free one. The address is printed.
pub fn serve(folder: &Path, port: u16) -> Result<(), String> {
    let read = |name: &str| {
        std::fs::read(folder.join(name)).map_err(|e| format!("{}/{name}: {e}", folder.display()))
    };
    let html = read("lacuna.html")?;
    let headers = String::from_utf8(read("_headers")?).map_err(|e| e.to_string())?;
    let headers: String = headers
        .lines()
        .filter(|line| line.starts_with("  ") && line.contains(':'))
        .map(|line| format!("{}\r\n", line.trim()))
        .collect();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| format!("port {port}: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    println!("Lacuna is at http://{address}/   (this machine only; Ctrl-C ends it)");
    thread::scope(|scope| {
        for stream in listener.incoming().flatten() {
            scope.spawn(|| {
                // A browser that went away is no matter.
                answer(stream, &html, &headers).ok();
            });
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream, html: &[u8], headers: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new(stream.try_clone()?.take(LONGEST_REQUEST)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (status, kind, body): (_, _, &[u8]) = match (method, path) {
        ("GET" | "HEAD", "/" | "/lacuna.html" | "/index.html") => {
            ("200 OK", "text/html; charset=utf-8", html)
        }
        ("GET" | "HEAD", _) => ("404 Not Found", "text/plain; charset=utf-8", b"Only / is here.\n"),
        _ => ("405 Method Not Allowed", "text/plain; charset=utf-8", b"Only GET and HEAD.\n"),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{headers}Cache-Control: no-cache\r\nConnection: close\r\n\r\n"
    )?;
    if method != "HEAD" {
        stream.write_all(body)?;
    }
    stream.flush()
}

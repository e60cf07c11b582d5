//! The app in the browser.

fn main() {
    lacuna::app::run();
}

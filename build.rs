//! `include_dir!` does not tell cargo of files that appear: a change anywhere below `templates` rebuilds.
fn main() {
    println!("cargo:rerun-if-changed=templates");
}

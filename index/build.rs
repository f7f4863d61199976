//! Tells the tests of this crate where libtorch is: with the feature `bert` of
//! `zhiwen-models`, which another member may switch on, they link it too.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Some(libtorch) = option_env!("LIBTORCH") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    }
}

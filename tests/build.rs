//! Tells the programs of this crate where libtorch is, when the feature `bert` is on.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if cfg!(feature = "bert") {
        // As .cargo/config.toml or whoever builds has it.
        if let Some(libtorch) = option_env!("LIBTORCH") {
            println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
        }
        // A container has it beside the program.
        println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/lib");
    }
}

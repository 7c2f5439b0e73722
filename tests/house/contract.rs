//! `src/wire/generated.rs` is what `proto/` says. `UPDATE_GOLDEN=1 cargo test --test house` writes it anew.

use prost::Message;
use std::path::Path;

const FILES: [&str; 2] = ["mujun/v1/uplink.proto", "mujun/v1/query.proto"];

#[test]
fn generated_code_is_current() {
    let descriptors = protox::compile(FILES, ["proto"]).expect("proto/ compiles");
    let out = tempfile::tempdir().unwrap();
    tonic_prost_build::configure()
        .out_dir(out.path())
        .bytes(".")
        .client_mod_attribute(".", "#[cfg(feature = \"agent\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"platform\")]")
        .emit_rerun_if_changed(false)
        .compile_fds(descriptors)
        .expect("code is generated");
    let fresh = std::fs::read_to_string(out.path().join("mujun.v1.rs")).unwrap();
    let committed = Path::new("src/wire/generated.rs");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(committed, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    assert!(committed == fresh, "src/wire/generated.rs is old: UPDATE_GOLDEN=1 cargo test --test house");
}

#[test]
fn what_reflection_tells_is_current() {
    let mut descriptors = protox::compile(FILES, ["proto"]).expect("proto/ compiles");
    descriptors.file.iter_mut().for_each(|file| file.source_code_info = None);
    let (fresh, committed) = (descriptors.encode_to_vec(), Path::new("src/wire/contract.desc"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(committed, &fresh).unwrap();
    }
    let committed = std::fs::read(committed).unwrap_or_default();
    assert!(committed == fresh, "src/wire/contract.desc is old: UPDATE_GOLDEN=1 cargo test --test house");
}

//! glibc's allocator on a short lead. Left to itself it gives each of sled's threads an arena, and after a database was
//! closed takes the next one's page table, 6 MiB of which sled uses a page or two, from the heap and fills it with zeros.
//! Both are said before a process begins or with unsafe code, so that the process begins once more, under its own id.

use std::{env, os::unix::process::CommandExt, process::Command};

/// glibc reads them when a process begins. One that is set already is somebody's choice, and is left alone.
const SETTINGS: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072")];

/// Call it first: nothing of the process but its environment is kept.
pub fn restrain() {
    if cfg!(not(target_env = "gnu")) || SETTINGS.iter().any(|(name, _)| env::var_os(name).is_some()) {
        return;
    }
    let mut arguments = env::args_os();
    if let (Ok(program), Some(name)) = (env::current_exe(), arguments.next()) {
        // returns only where it did not work: then it takes more memory
        let _error = Command::new(program).arg0(name).args(arguments).envs(SETTINGS).exec();
    }
}

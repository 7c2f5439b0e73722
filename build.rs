//! Builds the dashboard for the platform and puts it into `OUT_DIR/dashboard`, from where it is embedded. Does nothing
//! for the agent. Writes below cargo's target folder only; all profiles share one npm build.

use std::{
    env,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    process::Command,
};

const WEB: &str = "src/platform/dashboard/web";
const NODE: &str = "Node.js 20.19+ or 22.12+ with npm (Debian: apt-get install nodejs npm; others: https://nodejs.org)";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={WEB}");
    // embedded by the agent; a file that is new there must be seen
    println!("cargo::rerun-if-changed=deploy/meters");
    if env::var_os("CARGO_FEATURE_PLATFORM").is_none() {
        return;
    }
    if let Err(error) = dashboard() {
        for line in error.lines() {
            println!("cargo::error={line}");
        }
    }
}

fn dashboard() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: run cargo")?);
    let work = work_folder(&out);
    fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    // two cargo runs of different profiles may come here at once
    let lock = File::create(work.join("lock")).map_err(|e| format!("{}: {e}", work.display()))?;
    lock.lock().map_err(|e| format!("the lock in {}: {e}", work.display()))?;

    let sources = read_all(Path::new(WEB)).map_err(|e| format!("{WEB}: {e}"))?;
    let wanted = hash(sources.iter());
    let stamp = work.join("built");
    if fs::read_to_string(&stamp).ok() != Some(wanted.clone()) {
        let _ = fs::remove_file(&stamp);
        build(&work.join("app"), &sources)?;
        fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    }
    let embedded = out.join("dashboard");
    let copied = replace(&embedded).and_then(|()| copy_all(&work.join("app/dist"), &embedded));
    copied.map_err(|e| {
        let _ = fs::remove_file(&stamp);
        format!("{}: {e}", embedded.display())
    })
}

/// `<target>/dashboard`, found from `<target>/<profile>/build/<package>/out`.
fn work_folder(out: &Path) -> PathBuf {
    let build = out.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "build"));
    let target = build.and_then(Path::parent).and_then(Path::parent);
    target.unwrap_or(out).join("dashboard")
}

fn build(app: &Path, sources: &[(PathBuf, Vec<u8>)]) -> Result<(), String> {
    node_is_new_enough()?;
    let at = |e: io::Error| format!("{}: {e}", app.display());
    let installed = app.join("node_modules/.installed");
    let packages = hash(
        sources.iter().filter(|(path, _)| path.starts_with("package.json") || path.starts_with("package-lock.json")),
    );
    // the installed packages stay; everything else is written anew, so that a deleted source is gone here too
    for entry in fs::read_dir(app).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true if path.ends_with("node_modules") => {}
            true => fs::remove_dir_all(path).map_err(at)?,
            false => fs::remove_file(path).map_err(at)?,
        }
    }
    for (path, content) in sources {
        let path = app.join(path);
        fs::create_dir_all(path.parent().unwrap_or(app)).and_then(|()| fs::write(path, content)).map_err(at)?;
    }
    if fs::read_to_string(&installed).ok() != Some(packages.clone()) {
        npm(app, &["ci", "--no-audit", "--no-fund"])?;
        fs::write(installed, packages).map_err(at)?;
    }
    npm(app, &["run", "build"])
}

fn node_is_new_enough() -> Result<(), String> {
    let output = Command::new("node").arg("--version").output();
    let output = output
        .map_err(|e| format!("the dashboard is built with Node.js, and `node` can not be run ({e}): install {NODE}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match found {
        (20, 19..) | (22, 12..) | (23.., _) => Ok(()),
        _ => Err(format!("the dashboard needs a newer Node.js than `{version}`: install {NODE}")),
    }
}

fn npm(app: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let command = format!("npm {}", arguments.join(" "));
    let output = Command::new(program).args(arguments).current_dir(app).output();
    let output = output.map_err(|e| format!("`{command}` can not be run ({e}): install {NODE}"))?;
    if output.status.success() {
        return Ok(());
    }
    // tsc reports on stdout, npm on stderr
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(format!("the dashboard: `{command}` failed in {}:\n{tail}", app.display()))
}

/// Every source below `folder`, by relative path, in order.
fn read_all(folder: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            let relative = path.strip_prefix(folder).unwrap_or(&path).to_owned();
            if relative.starts_with("node_modules") || relative.starts_with("dist") {
                continue; // left there by someone who ran npm by hand
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((relative, fs::read(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn hash<'a>(files: impl Iterator<Item = &'a (PathBuf, Vec<u8>)>) -> String {
    let mut hasher = DefaultHasher::new();
    files.for_each(|file| file.hash(&mut hasher));
    format!("{:016x}", hasher.finish())
}

fn replace(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    for (path, content) in read_all(from)? {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap_or(to))?;
        fs::write(path, content)?;
    }
    Ok(())
}

//! The meter library: models of meters, so that a meter needs a name and an address and no register map.
//!
//! ```text
//!   deploy/meters, in the program ─┐
//!                                  ├─▶ library ─▶ a meter's points, limits, line, identity
//!   the operator's folder, over it ┘
//! ```
//!
//! # Promises
//! - A file of the operator's folder stands for the shipped one of its name. Each is checked whole: a wrong one is refused
//!   with file, line, column and remedy.
//! - Number and size of files are bounded.
//! - Every shipped file has a frame that a test replays through the decoder.
//!
//! # Does not
//! Ask a meter: which model answers is found out by the installer's tools, by [`Model::identity`].

mod key;
mod model;
mod read;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use model::{
    Confidence, Disagreement, FactorySettings, Frame, Identity, LineSettings, Measures, Model, Ratio, RatioRegister,
    Source, Template,
};
pub use read::ratio;

use crate::runtime::{
    file,
    lang::Text,
    problem::{Problems, did_you_mean},
};
use include_dir::{Dir, include_dir};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, OnceLock},
};

static SHIPPED: Dir = include_dir!("$CARGO_MANIFEST_DIR/deploy/meters");
/// The largest shipped file has 30 KiB.
const FILE_MIB_MAX: usize = 1;
const FILES_MAX: usize = 1_000;

/// Models by their names.
#[derive(Clone, Debug, Default)]
pub struct Library {
    models: BTreeMap<String, Arc<Model>>,
    replaced: Vec<String>,
}

impl Library {
    /// What comes with the program, and over it the files of `dir`. Blocks on the disk.
    pub fn load(dir: Option<&Path>) -> Result<Library, Problems> {
        let mut library = shipped().clone()?;
        let Some(dir) = dir else { return Ok(library) };
        let mut problems = Vec::new();
        for path in files(dir)? {
            let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = file::read(&path, FILE_MIB_MAX);
            match text.and_then(|text| read::model(Cow::Owned(text), &id, &path.display().to_string(), false)) {
                Ok(model) => {
                    if library.models.insert(id.clone(), Arc::new(model)).is_some() {
                        library.replaced.push(id);
                    }
                }
                Err(found) => problems.push(found),
            }
        }
        match Problems::gathered(problems) {
            Some(problems) => Err(problems),
            None => Ok(library),
        }
    }

    /// In the order of their names.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.values().map(Arc::as_ref)
    }

    pub fn find(&self, id: &str) -> Option<&Model> {
        self.models.get(id).map(Arc::as_ref)
    }

    /// Shipped models for which the operator's folder has another.
    pub fn replaced(&self) -> &[String] {
        &self.replaced
    }

    /// What a name that is none was meant to be: a model's label is taken for its name.
    pub fn suggest(&self, written: &str) -> Text {
        let same = |label: &String| label.eq_ignore_ascii_case(written);
        let labelled = self.models().find(|model| same(&model.model) || model.names.iter().any(same));
        if let Some(model) = labelled {
            return Text::new(format!("是否应写作 \"{}\"？", model.id), format!("did you mean \"{}\"?", model.id));
        }
        did_you_mean(written, self.models.keys().map(String::as_str)).unwrap_or_else(|| {
            Text::new(
                "mujun-agent models 列出全部型号；没有的型号删除 model，逐点写出，或在 meter_dir 中加一个文件",
                "mujun-agent models lists them all; without a model leave the key out and write the points, or add a file to \
                 meter_dir",
            )
        })
    }
}

/// Read once: they do not change while the program runs.
fn shipped() -> &'static Result<Library, Problems> {
    static LIBRARY: OnceLock<Result<Library, Problems>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let (mut models, mut problems) = (BTreeMap::new(), Vec::new());
        for file in SHIPPED.files() {
            let path = file.path();
            let (Some(id), Some(text)) = (path.file_stem().and_then(|id| id.to_str()), file.contents_utf8()) else {
                continue;
            };
            if path.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            match read::model(Cow::Borrowed(text), id, &format!("deploy/meters/{}", path.display()), true) {
                Ok(model) => drop(models.insert(id.to_owned(), Arc::new(model))),
                Err(found) => problems.push(found),
            }
        }
        match Problems::gathered(problems) {
            Some(problems) => Err(problems),
            None => Ok(Library { models, replaced: Vec::new() }),
        }
    })
}

/// The folder's .toml files, in the order of their names.
fn files(dir: &Path) -> Result<Vec<std::path::PathBuf>, Problems> {
    let shown = dir.display().to_string();
    let unreadable = |error: std::io::Error| {
        Problems::of_file(
            &shown,
            Text::new(format!("无法读取（{error}）"), format!("cannot be read ({error})")),
            Text::new("一个可读的文件夹（meter_dir）", "a folder that can be read (meter_dir)"),
            Text::new("核对 meter_dir 和权限", "check meter_dir and who may read it"),
        )
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
        if files.len() > FILES_MAX {
            return Err(Problems::of_file(
                &shown,
                Text::new(format!("多于 {FILES_MAX} 个 .toml 文件"), format!("more than {FILES_MAX} .toml files")),
                Text::new(format!("最多 {FILES_MAX} 个"), format!("{FILES_MAX} at most")),
                Text::new(
                    "核对 meter_dir 是否指向仪表型号文件夹",
                    "check that meter_dir is the folder of meter models",
                ),
            ));
        }
    }
    files.sort();
    Ok(files)
}

//! Documents into a file or a pipe: streamed, in constant memory, whole or not at all.
//!
//! A file is written under a temporary name beside its own and renamed at the end, so that
//! whoever waits for it never sees half of it. The command line and the console export with
//! the same code.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, BufWriter, IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use bson::{RawDocument, RawDocumentBuf};
use tempfile::NamedTempFile;
use tokio::sync::watch;

use crate::{
    domain::{
        export::{Csv, Format, json_line},
        failure::{Failure, FailureKind},
        schema::Schema,
        text::{safe, safe_json},
    },
    mongo::read::Stream,
};

/// Documents that are looked at to learn the columns of a CSV file, and the bytes at which
/// fewer are enough.
const SAMPLE: usize = 1_000;
const SAMPLE_BYTES: usize = 4 << 20;
/// Text that is gathered before it is written.
const BUFFER: usize = 1 << 18;

/// Where documents go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The standard output.
    Stdout,
    /// A file, which must not exist yet unless it may be replaced.
    File {
        /// Its name.
        path: PathBuf,
        /// Whether an existing one is replaced.
        overwrite: bool,
    },
}

impl Destination {
    /// Looks whether something is in the way, without making anything.
    ///
    /// # Errors
    ///
    /// `usage` where there is a file that may not be replaced, or something that is no file.
    pub fn check(&self) -> Result<(), Failure> {
        let Self::File { path, overwrite } = self else { return Ok(()) };
        match path.symlink_metadata() {
            // The new file would take the place of a device, and fail at the end for a folder.
            Ok(there) if !(there.is_file() || there.is_symlink()) => Err(Failure::new(
                FailureKind::Usage,
                &format!("`{}` is no file that could be replaced", path.display()),
                "Choose another name, or leave it out for the standard output",
            )),
            Ok(_) if !overwrite => Err(exists(path)),
            _ => Ok(()),
        }
    }
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Documents written.
    pub documents: u64,
    /// Bytes of text written.
    pub bytes: u64,
}

/// Writes documents one after the other.
pub struct Writer {
    format: Format,
    /// Columns before those of the documents; empty for one collection alone.
    leading: Vec<&'static str>,
    csv: Option<Csv>,
    /// The documents from which the columns of a CSV file are learnt, with their leading cells.
    sample: Vec<(Vec<String>, RawDocumentBuf)>,
    sample_bytes: usize,
    text: String,
    /// What ends the one JSON document that the lines are part of.
    end: Option<&'static str>,
    target: Target,
    progress: Progress,
}

enum Target {
    Stdout { is_terminal: bool },
    File { file: BufWriter<File>, temporary: NamedTempFile, path: PathBuf, overwrite: bool },
}

impl Writer {
    /// Opens the destination. `leading` names columns that each document is written with.
    ///
    /// # Errors
    ///
    /// As [`Destination::check`], and `io` where the file cannot be made.
    pub fn open(
        destination: &Destination,
        format: Format,
        leading: Vec<&'static str>,
    ) -> Result<Self, Failure> {
        let target = match destination {
            Destination::Stdout => Target::Stdout { is_terminal: io::stdout().is_terminal() },
            Destination::File { path, overwrite } => {
                destination.check()?;
                open_file(path, *overwrite)?
            }
        };
        Ok(Self {
            format,
            leading,
            csv: None,
            sample: Vec::new(),
            sample_bytes: 0,
            text: String::with_capacity(BUFFER * 2),
            end: None,
            target,
            progress: Progress::default(),
        })
    }

    /// Makes lines of JSON one document, of which this is the beginning and the end.
    #[must_use]
    pub fn within(mut self, begin: &str, end: &'static str) -> Self {
        self.text.push_str(begin);
        self.end = Some(end);
        self
    }

    /// Writes one document, with its cells for the leading columns.
    ///
    /// # Errors
    ///
    /// `io` where the destination takes no more.
    pub fn write(&mut self, leading: &[&str], document: &RawDocument) -> Result<(), Failure> {
        self.progress.documents += 1;
        match self.format {
            Format::Jsonl(form) if self.leading.is_empty() => {
                if self.end.is_some() && self.progress.documents > 1 {
                    self.text.push(',');
                }
                json_line(&mut self.text, document, form);
            }
            Format::Jsonl(form) => {
                self.text.push('{');
                for (name, cell) in self.leading.iter().zip(leading) {
                    // Writing to a string cannot fail.
                    let _ = write!(self.text, "\"{name}\":{},", serde_json::Value::from(*cell));
                }
                self.text.push_str("\"document\":");
                json_line(&mut self.text, document, form);
                self.text.pop();
                self.text.push_str("}\n");
            }
            Format::Csv => {
                if let Some(csv) = &self.csv {
                    csv.row(&mut self.text, leading, document);
                } else {
                    self.sample_bytes += document.as_bytes().len();
                    let cells = leading.iter().map(|cell| (*cell).to_owned()).collect();
                    self.sample.push((cells, document.to_owned()));
                    if self.sample.len() >= SAMPLE || self.sample_bytes > SAMPLE_BYTES {
                        self.learn()?;
                    }
                }
            }
        }
        if self.text.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    /// Takes the columns from the sample, and writes it.
    fn learn(&mut self) -> Result<(), Failure> {
        let schema = Schema::of(self.sample.iter().map(|(_, document)| document.as_ref()));
        let csv = Csv::new(self.leading.clone(), &schema);
        self.text.push_str(&csv.header());
        for (cells, document) in std::mem::take(&mut self.sample) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            csv.row(&mut self.text, &cells, &document);
            if self.text.len() >= BUFFER {
                self.flush()?;
            }
        }
        self.csv = Some(csv);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.progress.bytes += self.text.len() as u64;
        let written = match &mut self.target {
            Target::Stdout { is_terminal: true } => {
                io::stdout().lock().write_all(safe_json(&self.text).as_bytes())
            }
            Target::Stdout { .. } => io::stdout().lock().write_all(self.text.as_bytes()),
            Target::File { file, .. } => file.write_all(self.text.as_bytes()),
        };
        self.text.clear();
        // One large document must not hold its memory for all that come after it.
        self.text.shrink_to(BUFFER * 2);
        written.map_err(|error| cannot_write(&self.target, &error))
    }

    /// How far it is.
    pub const fn progress(&self) -> Progress {
        self.progress
    }

    /// Writes what is left, and gives a file its name.
    ///
    /// # Errors
    ///
    /// `io` where the destination takes no more, `usage` where a file of that name has
    /// appeared meanwhile. The file is gone then.
    pub fn finish(mut self) -> Result<Progress, Failure> {
        if self.format == Format::Csv && self.csv.is_none() {
            self.learn()?;
        }
        self.text.push_str(self.end.unwrap_or_default());
        self.flush()?;
        match self.target {
            Target::Stdout { .. } => {
                io::stdout().lock().flush().map_err(|error| cannot_write(&self.target, &error))?;
            }
            Target::File { mut file, temporary, path, overwrite } => {
                let synced = file.flush().and_then(|()| file.get_ref().sync_all());
                synced.map_err(|error| cannot_write_file(&path, &error))?;
                let named = if overwrite {
                    temporary.persist(&path).map(drop).map_err(|error| error.error)
                } else {
                    temporary.persist_noclobber(&path).map(drop).map_err(|error| error.error)
                };
                named.map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => exists(&path),
                    _ => cannot_write_file(&path, &error),
                })?;
            }
        }
        Ok(self.progress)
    }
}

fn open_file(path: &Path, overwrite: bool) -> Result<Target, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let temporary =
        tempfile::Builder::new().prefix(".tilldeck-").suffix(".part").tempfile_in(folder);
    let opened = temporary.and_then(|temporary| temporary.reopen().map(|file| (file, temporary)));
    let (file, temporary) = opened.map_err(|error| cannot_write_file(path, &error))?;
    Ok(Target::File { file: BufWriter::new(file), temporary, path: path.to_owned(), overwrite })
}

fn exists(path: &Path) -> Failure {
    Failure::new(
        FailureKind::Usage,
        &format!("the file `{}` exists already", path.display()),
        "Choose another name, or say that it may be overwritten",
    )
}

fn cannot_write(target: &Target, error: &io::Error) -> Failure {
    match target {
        Target::File { path, .. } => cannot_write_file(path, error),
        Target::Stdout { .. } => Failure::new(
            FailureKind::Io,
            &format!("the output cannot be written: {}", error.kind()),
            "Look at what reads it",
        ),
    }
}

fn cannot_write_file(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull => "Make room on the disk, or write elsewhere",
        io::ErrorKind::NotFound => "Make the folder first, or write elsewhere",
        _ => "Choose a folder that you may write to",
    };
    let message =
        format!("the file `{}` cannot be written: {}", safe(&path.to_string_lossy()), error.kind());
    Failure::new(FailureKind::Io, &message, hint)
}

/// Writes everything that a query gives.
///
/// Dropping the future ends the query on the server and leaves no file.
///
/// # Errors
///
/// The failure of the query or of the destination. No file is left then.
pub async fn export(
    mut stream: Stream,
    mut writer: Writer,
    progress: &watch::Sender<Progress>,
) -> Result<Progress, Failure> {
    while let Some(batch) = stream.next().await? {
        for document in batch.documents() {
            writer.write(&[], document)?;
        }
        progress.send_replace(writer.progress());
    }
    let done = writer.finish()?;
    progress.send_replace(done);
    Ok(done)
}

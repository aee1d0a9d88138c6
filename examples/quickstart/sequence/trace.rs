//! Access traces: files that say which key was asked for when.
//!
//! | name ends in | holds |
//! |---|---|
//! | `.i32be` | big-endian 32-bit keys, one after another |
//! | `.i64be` | the same with 64 bits |
//! | `.txt` | lines `time id bytes`; only the id matters here |
//!
//! Each may be compressed with xz, whatever its name says, and then usually ends in `.xz` too. A file with another name is
//! taken for text when it begins like text.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use liblzma::bufread::XzDecoder;

use crate::report::count;

/// No trace needs more requests than this for a run of a minute; the rest of a longer one is not read.
const MOST_REQUESTS: usize = 5_000_000;

/// A line is three numbers. More than this without an end is no line.
const LONGEST_LINE: u64 = 1_024;

/// What every xz file begins with.
const XZ_MAGIC: &[u8] = b"\xFD7zXZ\0";

/// The keys of a trace in the order of the requests, numbered from 0 in the order in which they first occur.
pub(crate) struct Trace {
    name: String,
    keys: Vec<u32>,
    distinct: u32,
    /// Whether the file holds more than was read.
    cut: bool,
}

#[derive(Clone, Copy)]
enum Format {
    Int32,
    Int64,
    Text,
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is damaged, is empty, or does not tell which format it has.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        decode(path).with_context(|| format!("cannot read the trace {}", path.display()))
    }

    /// The requests' keys.
    pub(crate) fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// How many different keys there are.
    pub(crate) fn distinct(&self) -> u32 {
        self.distinct
    }
}

/// Says what was read, as in "web12.i32be.xz (95,607 requests for 13,756 keys)".
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = if self.cut { "first " } else { "" };
        let requests = count(self.keys.len() as u64);
        let distinct = count(u64::from(self.distinct));
        write!(
            f,
            "{} ({first}{requests} requests for {distinct} keys)",
            self.name
        )
    }
}

fn decode(path: &Path) -> anyhow::Result<Trace> {
    let file = File::open(path)?;
    ensure!(!file.metadata()?.is_dir(), "it is a folder");
    let mut file = BufReader::new(file);
    let mut content: Box<dyn BufRead> = if file.fill_buf()?.starts_with(XZ_MAGIC) {
        Box::new(BufReader::new(XzDecoder::new_multi_decoder(file)))
    } else {
        Box::new(file)
    };
    let mut numbers = Numbers::default();
    match format(path, content.fill_buf()?)? {
        Format::Int32 => integers::<4>(&mut *content, &mut numbers, |bytes| {
            i64::from(i32::from_be_bytes(bytes)).cast_unsigned()
        })?,
        Format::Int64 => integers::<8>(&mut *content, &mut numbers, u64::from_be_bytes)?,
        Format::Text => lines(&mut *content, &mut numbers)?,
    }
    ensure!(!numbers.keys.is_empty(), "it holds no request");
    let cut = numbers.is_full() && !content.fill_buf()?.is_empty();
    Ok(Trace {
        name: path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        keys: numbers.keys,
        distinct: u32::try_from(numbers.seen.len()).unwrap_or(u32::MAX),
        cut,
    })
}

fn format(path: &Path, beginning: &[u8]) -> anyhow::Result<Format> {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".xz").unwrap_or(&name);
    if name.ends_with(".i32be") {
        Ok(Format::Int32)
    } else if name.ends_with(".i64be") {
        Ok(Format::Int64)
    } else if name.ends_with(".txt") || is_text(beginning) {
        Ok(Format::Text)
    } else {
        bail!(
            "name it ….i32be, ….i64be or ….txt (then .xz if compressed): bytes alone do not tell which it is"
        )
    }
}

fn is_text(beginning: &[u8]) -> bool {
    let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    !beginning.is_empty() && beginning.iter().all(printable)
}

/// Gives keys their numbers.
#[derive(Default)]
struct Numbers {
    seen: HashMap<u64, u32>,
    keys: Vec<u32>,
}

impl Numbers {
    fn push(&mut self, key: u64) {
        let next = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        self.keys.push(*self.seen.entry(key).or_insert(next));
    }

    fn is_full(&self) -> bool {
        self.keys.len() >= MOST_REQUESTS
    }
}

fn integers<const WIDTH: usize>(
    content: &mut dyn BufRead,
    numbers: &mut Numbers,
    key: fn([u8; WIDTH]) -> u64,
) -> anyhow::Result<()> {
    let mut bytes = [0; WIDTH];
    while !numbers.is_full() && !content.fill_buf()?.is_empty() {
        match content.read_exact(&mut bytes) {
            Ok(()) => numbers.push(key(bytes)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                bail!("it ends in the middle of a {WIDTH}-byte key")
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn lines(content: &mut dyn BufRead, numbers: &mut Numbers) -> anyhow::Result<()> {
    let mut line = Vec::new();
    let mut number = 0_u64;
    while !numbers.is_full() && next_line(content, &mut line)? {
        number += 1;
        let text = String::from_utf8_lossy(&line);
        let mut fields = text.split_ascii_whitespace();
        let (time, id, bytes) = (fields.next(), fields.next(), fields.next());
        if time.is_none() {
            continue;
        }
        let id = id.and_then(|id| id.parse::<u64>().ok());
        match (id, bytes, fields.next()) {
            (Some(id), Some(_), None) => numbers.push(id),
            _ => bail!("line {number} is not `time id bytes`"),
        }
    }
    Ok(())
}

/// Reads up to the next end of line, or up to where no line would still be a line. False at the end of the file.
fn next_line(content: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(content.take(LONGEST_LINE).read_until(b'\n', line)? > 0)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::path::PathBuf;

    use liblzma::write::XzEncoder;

    use super::Trace;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self, name: &str, content: &[u8]) -> PathBuf {
            let path = self.0.path().join(name);
            fs::write(&path, content).unwrap();
            path
        }

        fn refusal(&self, name: &str, content: &[u8]) -> String {
            match Trace::read(&self.file(name, content)) {
                Ok(_) => panic!("{name} was read"),
                Err(error) => format!("{error:#}"),
            }
        }
    }

    fn compressed(content: &[u8]) -> Vec<u8> {
        let mut encoder = XzEncoder::new(Vec::new(), 6);
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn each_format_is_read_with_and_without_compression() {
        let folder = Folder::new();
        let keys = [-7_i32, 40, -7, 41];
        let int32 = keys.map(i32::to_be_bytes).concat();
        let int64 = keys.map(|key| i64::from(key).to_be_bytes()).concat();
        let text = b"1 70 12\n2 40 9\n\n3 70 12\n4 41 1";
        for (name, content) in [
            ("a.i32be", int32.clone()),
            ("a.i32be.xz", compressed(&int32)),
            ("a.i64be", int64.clone()),
            ("a.i64be.xz", compressed(&int64)),
            ("a.txt", text.to_vec()),
            ("a.txt.xz", compressed(text)),
            ("a-name-that-says-nothing", text.to_vec()),
            ("compressed-but-named-otherwise.i32be", compressed(&int32)),
        ] {
            let trace = Trace::read(&folder.file(name, &content)).unwrap();
            assert_eq!(trace.keys(), [0, 1, 0, 2], "{name}");
            assert_eq!((trace.distinct(), trace.cut), (3, false), "{name}");
        }
    }

    #[test]
    fn it_says_what_was_read() {
        let folder = Folder::new();
        let content = "1 1 1\n".repeat(1_500);
        let trace = Trace::read(&folder.file("a.txt", content.as_bytes())).unwrap();
        assert_eq!(trace.to_string(), "a.txt (1,500 requests for 1 keys)");
    }

    #[test]
    fn bad_files_are_one_line_errors() {
        let folder = Folder::new();
        let mut cut = compressed(&[1; 4_000]);
        cut.truncate(cut.len() / 2);
        let endless = vec![b'1'; 100_000];
        for (name, content, expected) in [
            ("a.i32be", &b"12345"[..], "middle of a 4-byte key"),
            ("a.i64be", b"1234", "middle of a 8-byte key"),
            ("a.txt", b"1 2 3\n1 x 3\n", "line 2 is not `time id bytes`"),
            ("a.txt", b"1 2\n", "line 1 is not"),
            ("a.txt", b"1 2 3 4\n", "line 1 is not"),
            ("a.txt", &endless, "line 1 is not"),
            ("a.txt", b"", "no request"),
            ("a.i32be", b"", "no request"),
            ("a.bin", b"\0\x01\x02\x03", "name it"),
            ("a.i32be.xz", &cut, "cannot read the trace"),
        ] {
            let refusal = folder.refusal(name, content);
            assert!(refusal.contains(expected), "{name}: {refusal}");
            assert!(!refusal.contains('\n'), "{refusal}");
        }
        let missing = Trace::read(&folder.0.path().join("missing.txt"))
            .err()
            .unwrap();
        assert!(format!("{missing:#}").contains("missing.txt"));
        let refusal = Trace::read(folder.0.path()).err().unwrap();
        assert!(format!("{refusal:#}").contains("folder"));
    }
}

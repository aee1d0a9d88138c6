//! Where one message of Redis' protocol ends and the next begins: pure, no sockets.

/// More of a line than its kind and a length is not of interest.
const LINE_KEPT: usize = 32;

/// Follows one direction of one connection, however its bytes are cut.
///
/// Knows RESP2 and RESP3 and, in requests, lines without either. Once something
/// else appears (a copy of a whole database, say) it gives up, and from then on
/// takes each run of bytes for a frame.
#[derive(Debug, Default)]
pub(super) struct Frames {
    within: Within,
    /// Values that the frame still needs; none between two frames.
    missing: u64,
}

#[derive(Debug)]
enum Within {
    /// A line, of which the beginning is kept.
    Line(Vec<u8>),
    /// The rest of a text of known length and its line break.
    Text(u64),
    Unknown,
}

impl Default for Within {
    fn default() -> Self {
        Within::Line(Vec::new())
    }
}

impl Frames {
    pub(super) fn is_between(&self) -> bool {
        self.missing == 0
    }

    /// How many of these bytes belong to the frame that goes on or begins with
    /// them; after fewer than all it has ended, after all it may have.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> usize {
        if self.is_between() {
            self.missing = 1;
        }
        let mut used = 0;
        while used < bytes.len() && !self.is_between() {
            let rest = &bytes[used..];
            match &mut self.within {
                Within::Line(line) => {
                    let end = rest.iter().position(|&byte| byte == b'\n');
                    let count = end.map_or(rest.len(), |end| end + 1);
                    let room = LINE_KEPT.saturating_sub(line.len()).min(count);
                    line.extend_from_slice(&rest[..room]);
                    used += count;
                    if end.is_some() {
                        let line = std::mem::take(line);
                        self.line_ended(&line);
                    }
                }
                Within::Text(left) => {
                    let count = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= count as u64;
                    used += count;
                    if *left == 0 {
                        self.within = Within::default();
                        self.missing -= 1;
                    }
                }
                Within::Unknown => {
                    used = bytes.len();
                    self.missing = 0;
                }
            }
        }
        used
    }

    fn line_ended(&mut self, line: &[u8]) {
        let Some((kind, rest)) = line.split_first() else {
            return;
        };
        let size = || {
            let text = std::str::from_utf8(rest).ok()?.trim_end();
            let size: i64 = text.parse().ok()?;
            (-1..=i64::from(u32::MAX)).contains(&size).then_some(size)
        };
        let values_each = match kind {
            b'$' | b'!' | b'=' => match size() {
                Some(-1) => 0,
                Some(size) => {
                    self.within = Within::Text(size.unsigned_abs() + 2);
                    return;
                }
                None => return self.give_up(),
            },
            b'*' | b'~' | b'>' => 1,
            b'%' | b'|' => 2,
            _ => 0,
        };
        if values_each > 0 {
            match size() {
                Some(size) => {
                    let values = size.max(0).unsigned_abs() * values_each;
                    self.missing = self.missing.saturating_add(values);
                }
                None => return self.give_up(),
            }
        }
        // Attributes come before the value that they are about.
        if *kind != b'|' {
            self.missing -= 1;
        }
    }

    fn give_up(&mut self) {
        self.within = Within::Unknown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frames of these bytes, coming in pieces of this size.
    fn frames(bytes: &[u8], piece: usize) -> Vec<String> {
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for piece in bytes.chunks(piece) {
            let mut rest = piece;
            while !rest.is_empty() {
                if frames.is_between() {
                    found.push(String::new());
                }
                let (frame, others) = rest.split_at(frames.advance(rest));
                assert!(!frame.is_empty());
                *found.last_mut().unwrap() += &String::from_utf8_lossy(frame);
                rest = others;
            }
        }
        found
    }

    #[test]
    fn every_kind_is_a_frame_however_it_is_cut() {
        let expected = [
            "+OK\r\n",
            "-ERR no\r\n",
            ":7\r\n",
            "$5\r\na\r\nb\n\r\n",
            "$0\r\n\r\n",
            "$-1\r\n",
            "*-1\r\n",
            "*0\r\n",
            "*2\r\n*2\r\n$1\r\nx\r\n:1\r\n*0\r\n",
            ">3\r\n$7\r\nmessage\r\n+a\r\n$-1\r\n",
            "%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n",
            "|1\r\n+ttl\r\n:1\r\n*1\r\n+a\r\n",
            "~1\r\n#t\r\n",
            "!3\r\nERR\r\n",
            "=7\r\ntxt:abc\r\n",
            "_\r\n",
            ",1.5\r\n",
            "(3492890328409238509324850943850943825024385\r\n",
            "PING a line that is longer than what is kept of lines\r\n",
        ];
        let bytes = expected.concat();
        for piece in 1..=bytes.len() {
            assert_eq!(frames(bytes.as_bytes(), piece), expected, "{piece}");
        }
    }

    #[test]
    fn after_what_is_not_known_each_run_is_a_frame() {
        let bytes = b"+OK\r\n$EOF:0123\r\nREDIS0011\n+";
        assert_eq!(
            frames(bytes, bytes.len()),
            ["+OK\r\n", "$EOF:0123\r\nREDIS0011\n+"]
        );
        assert_eq!(
            frames(b"*x\r\n+a\r\n+b\r\n", 4),
            // The first run ends with the line that is not known.
            ["*x\r\n+a\r\n", "+b\r\n"]
        );
        for hostile in [
            "$99999999999999999999\r\nab",
            "*4294967296\r\n:1\r\n",
            "$-2\r\n",
        ] {
            assert_eq!(frames(hostile.as_bytes(), 100), [hostile]);
        }
    }

    #[test]
    fn nesting_without_end_neither_overflows_nor_panics() {
        let deep = "*4294967295\r\n%4294967295\r\n".repeat(10_000);
        assert_eq!(frames(deep.as_bytes(), 1000).len(), 1);
    }
}

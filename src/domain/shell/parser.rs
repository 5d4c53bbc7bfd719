//! From characters to values: literals, operators, documents and arrays.

use bson::{Bson, Document, Regex};
use jiff::Timestamp;

use super::{DEEPEST, SyntaxError, call, extended, number};

/// Longest piece of the text that an error quotes, in characters.
const QUOTED: usize = 20;

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    pub(super) now: Timestamp,
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    pub(super) const fn new(text: &'a str, now: Timestamp) -> Self {
        Self { text, at: 0, depth: 0, now }
    }

    /// The one value that the text is.
    pub(super) fn whole(&mut self) -> Parsed<Bson> {
        let value = self.expression()?;
        self.finish()?;
        Ok(value)
    }

    /// Nothing may follow but white space, a comma and a semicolon, which pasting brings.
    pub(super) fn finish(&mut self) -> Parsed<()> {
        self.skip_space()?;
        while self.eat(',') || self.eat(';') {
            self.skip_space()?;
        }
        if self.is_at_end() { Ok(()) } else { Err(self.expected("the end")) }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// Takes the character, after white space, or says that it was expected.
    pub(super) fn take(&mut self, wanted: char, what: &str) -> Parsed<()> {
        self.skip_space()?;
        if self.eat(wanted) { Ok(()) } else { Err(self.expected(what)) }
    }

    pub(super) fn error_at(&self, at: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError { at: at.min(self.text.len()), message: message.into() }
    }

    /// The error that something else was expected here.
    pub(super) fn expected(&self, what: &str) -> SyntaxError {
        let found = self.found();
        self.error_at(self.at, format!("expected {what}, found {found}"))
    }

    fn found(&self) -> String {
        match self.peek() {
            None => "the end".to_owned(),
            Some('“' | '”' | '„' | '‘' | '’') => {
                "a typographic quotation mark; use `\"` or `'`".to_owned()
            }
            Some(char) if is_word(char) => {
                let word = self.rest().chars().take_while(|char| is_word(*char));
                format!("`{}`", word.take(QUOTED).collect::<String>())
            }
            Some(char) => format!("`{char}`"),
        }
    }

    /// Passes white space and comments.
    pub(super) fn skip_space(&mut self) -> Parsed<()> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|char: char| {
                char.is_whitespace() || matches!(char, '\u{feff}' | '\u{200b}')
            });
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                let Some(end) = trimmed.find("*/") else {
                    return Err(self.error_at(self.at, "this comment has no end: `*/` is missing"));
                };
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    /// A value, or arithmetic on numbers.
    pub(super) fn expression(&mut self) -> Parsed<Bson> {
        if self.depth >= DEEPEST {
            let message =
                format!("nested deeper than {DEEPEST} levels, more than the server takes");
            return Err(self.error_at(self.at, message));
        }
        self.depth += 1;
        let sum = self.sum();
        self.depth -= 1;
        sum
    }

    fn sum(&mut self) -> Parsed<Bson> {
        self.operators(&['+', '-'], Self::product)
    }

    fn product(&mut self) -> Parsed<Bson> {
        self.operators(&['*', '/', '%'], Self::signed)
    }

    fn operators(
        &mut self,
        operators: &[char],
        operand: fn(&mut Self) -> Parsed<Bson>,
    ) -> Parsed<Bson> {
        let mut value = operand(self)?;
        loop {
            self.skip_space()?;
            let at = self.at;
            let Some(operator) = operators.iter().find(|operator| self.eat(**operator)) else {
                return Ok(value);
            };
            let right = operand(self)?;
            value = number::calculate(&value, *operator, &right)
                .map_err(|message| self.error_at(at, message))?;
        }
    }

    fn signed(&mut self) -> Parsed<Bson> {
        self.skip_space()?;
        let at = self.at;
        let is_literal =
            |rest: &str| rest.starts_with(|char: char| char.is_ascii_digit() || char == '.');
        for sign in ['-', '+'] {
            if !self.eat(sign) {
                continue;
            }
            if is_literal(self.rest()) {
                return self.number(sign == '-');
            }
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.error_at(at, "too many signs"));
            }
            let value = self.signed()?;
            self.depth -= 1;
            return if sign == '-' {
                number::negated(&value).map_err(|message| self.error_at(at, message))
            } else {
                number::calculate(&Bson::Int32(0), '+', &value)
                    .map_err(|message| self.error_at(at, message))
            };
        }
        self.postfix()
    }

    /// A value, and the methods of dates that give a number.
    fn postfix(&mut self) -> Parsed<Bson> {
        let mut value = self.primary()?;
        loop {
            self.skip_space()?;
            let at = self.at;
            if !self.eat('.') {
                return Ok(value);
            }
            self.skip_space()?;
            let name = self.word();
            value = match (&value, name) {
                (Bson::DateTime(date), "getTime" | "valueOf") => {
                    Bson::Int64(date.timestamp_millis())
                }
                (Bson::DateTime(_), "toISOString") => Bson::String(
                    value
                        .as_datetime()
                        .and_then(|date| date.try_to_rfc3339_string().ok())
                        .unwrap_or_default(),
                ),
                _ => {
                    let message = format!("expected the end of the value, found `.{name}`");
                    return Err(self.error_at(at, message));
                }
            };
            self.take('(', "`(`")?;
            self.take(')', "`)`")?;
        }
    }

    fn primary(&mut self) -> Parsed<Bson> {
        self.skip_space()?;
        match self.peek() {
            Some('{') => self.braces(),
            Some('[') => self.brackets(),
            Some('(') => {
                self.at += 1;
                let value = self.expression()?;
                self.take(')', "`)`")?;
                Ok(value)
            }
            Some('"' | '\'' | '`') => self.string().map(Bson::String),
            Some('/') => self.regex(),
            Some(char) if char.is_ascii_digit() || char == '.' => self.number(false),
            Some(char) if is_word(char) => call::named(self),
            _ => Err(self.expected("a value")),
        }
    }

    fn number(&mut self, is_negative: bool) -> Parsed<Bson> {
        let at = self.at;
        let (value, length) = number::literal(self.rest(), is_negative)
            .map_err(|message| self.error_at(at, message))?;
        self.at += length;
        match self.peek() {
            Some(char) if is_word(char) => {
                Err(self.expected("an operator or the end of the number"))
            }
            _ => Ok(value),
        }
    }

    /// A word of letters, digits, `_` and `$`; empty where there is none.
    pub(super) fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn brackets(&mut self) -> Parsed<Bson> {
        self.at += 1;
        self.items(']', "`,` or `]`").map(Bson::Array)
    }

    /// Values up to the closing character, with commas between them and maybe after them.
    pub(super) fn items(&mut self, close: char, expected: &str) -> Parsed<Vec<Bson>> {
        let mut items = Vec::new();
        loop {
            self.skip_space()?;
            if self.eat(close) {
                return Ok(items);
            }
            if self.is_at_end() {
                return Err(self.expected(&format!("a value or `{close}`")));
            }
            items.push(self.expression()?);
            self.skip_space()?;
            if !self.eat(',') && self.peek() != Some(close) {
                return Err(self.expected(expected));
            }
        }
    }

    fn braces(&mut self) -> Parsed<Bson> {
        let start = self.at;
        self.at += 1;
        let mut document = Document::new();
        loop {
            self.skip_space()?;
            if self.eat('}') {
                break;
            }
            let key_at = self.at;
            let key = self.key()?;
            if key.contains('\0') {
                return Err(self.error_at(key_at, "a field name cannot hold the character NUL"));
            }
            self.take(':', &format!("`:` after the field name `{}`", shortened(&key)))?;
            self.skip_space()?;
            if matches!(self.peek(), Some('}' | ',') | None) {
                return Err(self.expected(&format!("a value for `{}`", shortened(&key))));
            }
            let value = self.expression()?;
            document.insert(key, value);
            self.skip_space()?;
            if !self.eat(',') && self.peek() != Some('}') {
                return Err(self.expected("`,` or `}`"));
            }
        }
        extended::value(document).map_err(|message| self.error_at(start, message))
    }

    fn key(&mut self) -> Parsed<String> {
        match self.peek() {
            Some('"' | '\'') => self.string(),
            Some('[') => {
                self.at += 1;
                self.skip_space()?;
                let key = match self.peek() {
                    Some('"' | '\'' | '`') => self.string()?,
                    _ => return Err(self.expected("a text as a field name")),
                };
                self.take(']', "`]`")?;
                Ok(key)
            }
            Some(char) if is_word(char) => {
                let word = self.word().to_owned();
                if self.peek() == Some('.') {
                    let message =
                        format!("a field name with a dot needs quotes, as in `\"{word}.name\"`");
                    return Err(self.error_at(self.at, message));
                }
                Ok(word)
            }
            None => Err(self.expected("a field name or `}`")),
            _ => Err(self.expected("a field name")),
        }
    }

    /// A text in single or double quotes, or in back-ticks without placeholders.
    pub(super) fn string(&mut self) -> Parsed<String> {
        let start = self.at;
        let Some(quote) = self.bump() else { return Err(self.expected("a text")) };
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.bump() {
                None | Some('\n' | '\r') if quote != '`' || self.is_at_end() => {
                    return Err(
                        self.error_at(start, format!("this text has no end: {quote} is missing"))
                    );
                }
                Some(char) if char == quote => return Ok(text),
                Some('\\') => self.escape(at, &mut text)?,
                Some('$') if quote == '`' && self.peek() == Some('{') => {
                    return Err(self.error_at(at, "a text with `${...}` cannot be computed here"));
                }
                Some(char) => text.push(char),
                None => return Err(self.error_at(start, "this text has no end")),
            }
        }
    }

    fn escape(&mut self, at: usize, text: &mut String) -> Parsed<()> {
        let char = match self.bump() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some('0') if !self.rest().starts_with(|char: char| char.is_ascii_digit()) => '\0',
            Some('\n') => return Ok(()),
            Some('x') => self.hexadecimal(at, 2).and_then(|code| self.character(at, code))?,
            Some('u') => self.unicode(at)?,
            Some(char) if char.is_ascii_digit() => {
                return Err(
                    self.error_at(at, "octal escapes are not known; use `\\x41` or `\\u0041`")
                );
            }
            Some(char) => char,
            None => return Err(self.error_at(at, "this text has no end")),
        };
        text.push(char);
        Ok(())
    }

    fn unicode(&mut self, at: usize) -> Parsed<char> {
        if self.eat('{') {
            let rest = self.rest();
            let length =
                rest.find('}').ok_or_else(|| self.error_at(at, "expected `}` after `\\u{`"))?;
            let code = u32::from_str_radix(&rest[..length], 16);
            self.at += length + 1;
            return match code {
                Ok(code) => self.character(at, code),
                Err(_) => Err(self.error_at(at, "expected hexadecimal digits in `\\u{...}`")),
            };
        }
        let first = self.hexadecimal(at, 4)?;
        if !(0xD800..0xDC00).contains(&first) {
            return self.character(at, first);
        }
        // The first half of a pair: JSON writes characters beyond 16 bits as two.
        if !self.rest().starts_with("\\u") {
            return Err(self.error_at(at, "half a character: its second `\\u` is missing"));
        }
        self.at += 2;
        let second = self.hexadecimal(at, 4)?;
        let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400);
        let low =
            low.ok_or_else(|| self.error_at(at, "half a character: its second `\\u` is none"))?;
        self.character(at, 0x10000 + ((first - 0xD800) << 10) + low)
    }

    fn hexadecimal(&mut self, at: usize, n_digits: usize) -> Parsed<u32> {
        let digits = self
            .rest()
            .get(..n_digits)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return Err(self.error_at(at, format!("expected {n_digits} hexadecimal digits")));
        };
        self.at += n_digits;
        Ok(code)
    }

    fn character(&self, at: usize, code: u32) -> Parsed<char> {
        char::from_u32(code)
            .ok_or_else(|| self.error_at(at, format!("there is no character {code:x}")))
    }

    fn regex(&mut self) -> Parsed<Bson> {
        let start = self.at;
        self.at += 1;
        let mut pattern = String::new();
        let mut is_in_class = false;
        loop {
            match self.bump() {
                None | Some('\n') => {
                    return Err(
                        self.error_at(start, "this regular expression has no end: / is missing")
                    );
                }
                Some('/') if !is_in_class => break,
                Some('\\') => match self.bump() {
                    // Only the delimiter's own escape is not part of the pattern.
                    Some('/') => pattern.push('/'),
                    Some(char) => pattern.extend(['\\', char]),
                    None => {
                        return Err(self
                            .error_at(start, "this regular expression has no end: / is missing"));
                    }
                },
                Some(char) => {
                    is_in_class = char == '[' || (is_in_class && char != ']');
                    pattern.push(char);
                }
            }
        }
        let at = self.at;
        let flags = self.word();
        regex(&pattern, flags).map_err(|message| self.error_at(at, message))
    }
}

/// A regular expression as the server takes it: its options in order.
pub(super) fn regex(pattern: &str, flags: &str) -> Result<Bson, String> {
    if pattern.contains('\0') {
        return Err("a regular expression cannot hold the character NUL".to_owned());
    }
    let mut options: Vec<char> = Vec::new();
    for flag in flags.chars() {
        match flag {
            'i' | 'l' | 'm' | 's' | 'u' | 'x' if !options.contains(&flag) => options.push(flag),
            // These say how to search a text several times, which is nothing to a server.
            'g' | 'y' | 'd' | 'i' | 'l' | 'm' | 's' | 'u' | 'x' => {}
            other => {
                return Err(format!(
                    "`{other}` is no option of a regular expression: i, m, s, x and u are"
                ));
            }
        }
    }
    options.sort_unstable();
    let options: String = options.into_iter().collect();
    let part = |text: &str| bson::raw::CString::try_from(text).map_err(|error| error.to_string());
    Ok(Bson::RegularExpression(Regex { pattern: part(pattern)?, options: part(&options)? }))
}

pub(super) fn is_word(char: char) -> bool {
    char == '_' || char == '$' || char.is_alphanumeric()
}

/// A name for an error, cut where it is long.
pub(super) fn shortened(name: &str) -> String {
    match name.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.to_owned(),
    }
}

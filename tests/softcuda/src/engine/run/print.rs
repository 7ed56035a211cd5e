//! `printf` of kernels (CUDA Programming Guide, "Formatted Output").

use std::ffi::CString;

/// Most characters of a value.
const LONGEST: usize = 1024;

/// Reads what a kernel points to: bytes of memory that it may access, or None.
pub trait Reader {
    fn read(&mut self, address: u64, bytes: usize) -> Option<u64>;
    fn text(&mut self, address: u64) -> Option<Vec<u8>>;
}

/// The text of a format and its arguments, which lie one behind the other, each at a multiple of its size. None if one
/// cannot be read.
pub fn format(format: &[u8], mut arguments: u64, reader: &mut impl Reader) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut rest = format;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        text.extend(&rest[..at]);
        rest = &rest[at..];
        let Some((mut specifier, length)) = Specifier::parse(rest) else {
            text.push(b'%');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[length..];
        if specifier.conversion == b'%' {
            text.push(b'%');
            continue;
        }
        for star in &mut specifier.stars[..specifier.star_count] {
            *star = next(&mut arguments, 4, reader)? as i32;
        }
        let value = next(&mut arguments, specifier.bytes(), reader)?;
        let string = if specifier.conversion == b's' { Some(reader.text(value)?) } else { None };
        text.extend(specifier.print(value, string));
    }
    text.extend(rest);
    Some(text)
}

fn next(arguments: &mut u64, bytes: usize, reader: &mut impl Reader) -> Option<u64> {
    let at = arguments.checked_next_multiple_of(bytes as u64)?;
    *arguments = at.checked_add(bytes as u64)?;
    reader.read(at, bytes)
}

/// `%-8.3lld`
struct Specifier {
    /// Flags, width and precision as they are written; at most two stars.
    head: Vec<u8>,
    stars: [i32; 2],
    star_count: usize,
    is_long: bool,
    conversion: u8,
}

impl Specifier {
    /// A specifier and its length; None for what is none.
    fn parse(text: &[u8]) -> Option<(Self, usize)> {
        let is_head = |byte: &u8| b"-+ #0123456789.*".contains(byte);
        let head: Vec<u8> = text[1..].iter().copied().take_while(is_head).collect();
        let after = &text[1 + head.len()..];
        let lengths = after.iter().take_while(|byte| b"hlLqjzt".contains(byte)).count();
        let conversion = *after.get(lengths)?;
        let star_count = head.iter().filter(|byte| **byte == b'*').count();
        // Widths and precisions of up to 3 digits.
        let is_wide = head.len() > 16 || head.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > 3);
        let is_known = b"diouxXcsfFeEgGaAp%".contains(&conversion) && star_count <= 2 && !is_wide;
        let is_long = after[..lengths].iter().any(|byte| *byte != b'h');
        let length = 1 + head.len() + lengths + 1;
        is_known.then_some((Self { head, stars: [0; 2], star_count, is_long, conversion }, length))
    }

    /// Bytes of the value: numbers are widened as C's are.
    fn bytes(&self) -> usize {
        let is_wide = self.is_long || b"fFeEgGaAps".contains(&self.conversion);
        if is_wide && self.conversion != b'c' { 8 } else { 4 }
    }

    /// The C library's text of a value, with the same meaning in 64 bits.
    fn print(&self, value: u64, string: Option<Vec<u8>>) -> Vec<u8> {
        let mut stars = self.stars.iter().map(|star| star.clamp(&-999, &999).to_string());
        let mut format = vec![b'%'];
        for byte in &self.head {
            match byte {
                b'*' => format.extend(stars.next().unwrap_or_default().bytes()),
                _ => format.push(*byte),
            }
        }
        let integer = match self.conversion {
            b'd' | b'i' if !self.is_long => value as u32 as i32 as u64,
            b'o' | b'u' | b'x' | b'X' if !self.is_long => value & 0xffff_ffff,
            _ => value,
        };
        if b"diouxX".contains(&self.conversion) {
            format.extend(b"ll");
        }
        format.push(self.conversion);
        let (Ok(format), Ok(string)) = (CString::new(format), CString::new(string.unwrap_or_default())) else {
            return Vec::new();
        };
        let mut text = vec![0u8; LONGEST + string.as_bytes().len()];
        let (to, size) = (text.as_mut_ptr().cast(), text.len());
        // SAFETY: the format has one specifier, and the value behind it is of its type; the buffer has the size.
        let length = unsafe {
            match self.conversion {
                b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A' => {
                    libc::snprintf(to, size, format.as_ptr(), f64::from_bits(value))
                }
                b's' => libc::snprintf(to, size, format.as_ptr(), string.as_ptr()),
                b'c' => libc::snprintf(to, size, format.as_ptr(), value as libc::c_int),
                _ => libc::snprintf(to, size, format.as_ptr(), integer),
            }
        };
        text.truncate(usize::try_from(length).unwrap_or(0).min(size - 1));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory that begins at 0.
    struct Memory(Vec<u8>);

    impl Reader for Memory {
        fn read(&mut self, address: u64, bytes: usize) -> Option<u64> {
            let mut value = [0; 8];
            value[..bytes].copy_from_slice(self.0.get(address as usize..address as usize + bytes)?);
            Some(u64::from_le_bytes(value))
        }
        fn text(&mut self, address: u64) -> Option<Vec<u8>> {
            Some(self.0[address as usize..].iter().copied().take_while(|byte| *byte != 0).collect())
        }
    }

    fn printed(text: &str, arguments: &[u8]) -> Option<String> {
        format(text.as_bytes(), 0, &mut Memory(arguments.to_vec()))
            .map(|text| String::from_utf8_lossy(&text).into_owned())
    }

    #[test]
    fn values_are_printed_as_c_does() {
        let mut arguments = (-7i32).to_le_bytes().to_vec();
        arguments.extend([0; 4]);
        arguments.extend(0.5f64.to_le_bytes());
        arguments.extend(u64::MAX.to_le_bytes());
        assert_eq!(printed("[%5d] %.3f %llx%%\n", &arguments).as_deref(), Some("[   -7] 0.500 ffffffffffffffff%\n"));
        assert_eq!(printed("%u", &(-1i32).to_le_bytes()).as_deref(), Some("4294967295"));
    }

    #[test]
    fn widths_may_be_arguments_and_texts_are_read() {
        let mut arguments = 6i32.to_le_bytes().to_vec();
        arguments.extend([0; 4]);
        arguments.extend(16u64.to_le_bytes());
        arguments.extend(b"ok\0");
        assert_eq!(printed("%*s|", &arguments).as_deref(), Some("    ok|"));
    }

    #[test]
    fn what_is_no_specifier_stays_and_what_cannot_be_read_is_refused() {
        assert_eq!(printed("100%! %n %", &[]).as_deref(), Some("100%! %n %"));
        assert_eq!(printed("%d", &[]), None);
    }
}

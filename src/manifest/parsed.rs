//! Manifests that were parsed when the program was built: parsing TOML is the longer part of reading one.
//!
//! A value is the range of its bytes in the manifest (two numbers), a letter, and what that letter says: `s` and a text, `i` and eight bytes of
//! an integer, `b` and a byte that is 0 or 1, `a`, a number and that many values, or `t`, a number and that many pairs of a text and a value. A
//! number is four bytes, the least first; a text is a number and that many bytes of UTF-8. `build.rs` writes it.

use serde::{
    Deserializer,
    de::{DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::Error},
    forward_to_deserialize_any,
};
use serde_spanned::de::{SpannedDeserializer, is_spanned};

/// The manifest that these bytes are.
pub fn read_parsed<T: DeserializeOwned>(mut bytes: &'static [u8]) -> Result<T, Error> {
    T::deserialize(Value { bytes: &mut bytes })
}

/// The value that comes next; what is read is taken off.
struct Value<'b> {
    bytes: &'b mut &'static [u8],
}

fn take(bytes: &mut &'static [u8], count: usize) -> Result<&'static [u8], Error> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or_else(|| Error::custom("the end is missing"))?;
    *bytes = rest;
    Ok(taken)
}

fn number(bytes: &mut &'static [u8]) -> Result<usize, Error> {
    let number = take(bytes, 4)?.iter().rev().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    usize::try_from(number).map_err(Error::custom)
}

fn text(bytes: &mut &'static [u8]) -> Result<&'static str, Error> {
    let length = number(bytes)?;
    std::str::from_utf8(take(bytes, length)?).map_err(Error::custom)
}

impl Value<'_> {
    /// The range of its bytes in the manifest.
    fn span(&mut self) -> Result<std::ops::Range<usize>, Error> {
        Ok(number(self.bytes)?..number(self.bytes)?)
    }

    /// Reads what comes behind the range.
    fn visit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match take(self.bytes, 1)? {
            b"s" => visitor.visit_borrowed_str(text(self.bytes)?),
            b"i" => visitor.visit_i64(i64::from_le_bytes(take(self.bytes, 8)?.try_into().map_err(Error::custom)?)),
            b"b" => visitor.visit_bool(take(self.bytes, 1)? == [1]),
            b"a" => {
                let left = number(self.bytes)?;
                visitor.visit_seq(Several { bytes: self.bytes, left })
            }
            b"t" => {
                let left = number(self.bytes)?;
                visitor.visit_map(Several { bytes: self.bytes, left })
            }
            other => Err(Error::custom(format!("{other:?} is no kind of value"))),
        }
    }
}

impl Deserializer<'static> for Value<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.span()?;
        self.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let span = self.span()?;
        if is_spanned(name) { visitor.visit_map(SpannedDeserializer::new(Behind(self), span)) } else { self.visit(visitor) }
    }

    fn deserialize_enum<V: Visitor<'static>>(mut self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.span()?;
        match take(self.bytes, 1)? {
            b"s" => visitor.visit_enum(text(self.bytes)?.into_deserializer()),
            _ => Err(Error::custom("a choice is a text")),
        }
    }

    forward_to_deserialize_any! {
        <W: Visitor<'static>>
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier
        ignored_any
    }
}

/// A value whose range has been read.
struct Behind<'b>(Value<'b>);

impl IntoDeserializer<'static, Error> for Behind<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Deserializer<'static> for Behind<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.visit(visitor)
    }

    forward_to_deserialize_any! {
        <W: Visitor<'static>>
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple tuple_struct
        map struct enum identifier ignored_any
    }
}

/// The values or pairs of an array or a table.
struct Several<'b> {
    bytes: &'b mut &'static [u8],
    left: usize,
}

impl SeqAccess<'static> for Several<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(Value { bytes: self.bytes }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl MapAccess<'static> for Several<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(serde::de::value::BorrowedStrDeserializer::new(text(self.bytes)?)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Value { bytes: self.bytes })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

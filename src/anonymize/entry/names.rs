//! What the names of fields say, remembered: the entries of a log have the same few, again and again.

use super::fields::{Field, field};
use crate::anonymize::{
    keys::{Secret, secret},
    text::{Options, said_by, scrub_with},
};

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// What the field holds.
    pub(super) field: Field,
    /// What the name says of a text in it.
    pub(super) hint: u32,
    /// Whether it names a secret that is a number, and may have a mark of its own.
    pub(super) is_number: bool,
    /// Whether the name itself holds nothing personal.
    pub(super) is_plain: bool,
}

impl Known {
    /// Reads a name, in an object of that name.
    fn read(name: &str, parent: &str, options: Options) -> Self {
        Self {
            field: field(name, parent),
            hint: said_by(name),
            is_number: secret(name.as_bytes()) == Some(Secret::Number),
            is_plain: scrub_with(name, options).found.is_empty(),
        }
    }
}

/// A power of two; more than an entry has fields.
const PLACES: usize = 256;
/// Longer names are read each time: whoever makes up names must not fill memory with them.
const LONGEST: usize = 48;

/// One name for each place, the last that belonged there.
#[derive(Debug)]
pub(super) struct Names {
    options: Options,
    places: Vec<Option<Place>>,
}

#[derive(Debug, Clone)]
struct Place {
    name: String,
    parent: String,
    known: Known,
}

impl Names {
    pub(super) fn new(options: Options) -> Self {
        Self { options, places: vec![None; PLACES] }
    }

    /// What a name says, in an object of that name.
    pub(super) fn of(&mut self, name: &str, parent: &str) -> Known {
        let options = self.options;
        let place = self.places.get_mut(place(name, parent));
        let Some(place) = place.filter(|_| name.len() <= LONGEST && parent.len() <= LONGEST) else {
            return Known::read(name, parent, options);
        };
        match place {
            Some(place) if place.name == name && place.parent == parent => place.known,
            _ => {
                let known = Known::read(name, parent, options);
                *place = Some(Place { name: name.to_owned(), parent: parent.to_owned(), known });
                known
            }
        }
    }
}

/// Where a name belongs.
fn place(name: &str, parent: &str) -> usize {
    let start = parent.len() << 8 ^ usize::from(parent.bytes().next_back().unwrap_or_default());
    let mixed = name.bytes().fold(start, |mixed, byte| (mixed ^ usize::from(byte)).wrapping_mul(0x0100_0193));
    (mixed ^ mixed >> 15) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_would_be_read() {
        let options = Options::default();
        let mut names = Names::new(options);
        let long = "a".repeat(200);
        let all = ["id", "name", "ip", "alice@example.com", "ssn", "", &long];
        for _ in 0..3 {
            for parent in all {
                for name in all {
                    assert_eq!(names.of(name, parent), Known::read(name, parent, options), "{parent} {name}");
                }
            }
            // More names than there are places.
            for number in 0..2 * PLACES {
                assert_eq!(names.of(&format!("n{number}"), "").field, Field::Other);
            }
        }
        assert!(names.places.iter().flatten().all(|place| place.name.len() <= LONGEST));
    }
}

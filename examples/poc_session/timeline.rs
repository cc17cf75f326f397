//! Who could read which packet under which MSK, drawn as text: a row for each client, a column for a stretch of time.
//!
//! ```text
//!        1         2                turning points
//! sent   AAAAAAAABBBBBBBBCCCCCC     the MSK that packets were protected under
//! A1     AAAAAAAABBBBBBBBCCCCCC     capital: all that came were read
//! A3     AAAAAAAABBBBBBBB......     dot: none was; small letter: some were; blank: none came
//!        0    1    2    3
//! ```

/// A packet at a client, or as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at_ms: u64,
    /// The letter of the packet's MSK, a capital.
    pub(crate) msk: char,
    pub(crate) read: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) marks: Vec<Mark>,
}

/// Draws `rows` over `length_ms` from 0 on, with the turning points above and seconds below.
pub(crate) fn draw(rows: &[Row], turns: &[(u64, char)], length_ms: u64, column_ms: u64) -> String {
    let columns = usize::try_from(length_ms.div_ceil(column_ms)).unwrap_or(usize::MAX);
    let column = |at_ms: u64| usize::try_from(at_ms / column_ms).unwrap_or(usize::MAX);
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let line = |name: &str, cells: &[char]| {
        let cells: String = cells.iter().collect();
        format!("{}\n", format!("{name:width$}  {cells}").trim_end())
    };
    let mut above = vec![' '; columns];
    for (at_ms, turn) in turns {
        if let Some(cell) = above.get_mut(column(*at_ms)) {
            *cell = *turn;
        }
    }
    let mut text = line("", &above);
    for row in rows {
        let mut cells = vec![' '; columns];
        for (at, cell) in cells.iter_mut().enumerate() {
            *cell = summary(row.marks.iter().filter(|mark| column(mark.at_ms) == at));
        }
        text.push_str(&line(&row.name, &cells));
    }
    let mut below = vec![' '; columns];
    for second in 0..=length_ms / 1_000 {
        for (cell, digit) in below.iter_mut().skip(column(second * 1_000)).zip(second.to_string().chars()) {
            *cell = digit;
        }
    }
    text.push_str(&line("s", &below));
    text
}

/// One cell. Of two MSKs in one column the one that was read last counts.
fn summary<'a>(marks: impl Iterator<Item = &'a Mark>) -> char {
    let (mut came, mut read, mut letter) = (0_u32, 0_u32, ' ');
    for mark in marks {
        came += 1;
        if mark.read {
            read += 1;
            letter = mark.msk;
        }
    }
    match (came, read) {
        (0, _) => ' ',
        (_, 0) => '.',
        (came, read) if came == read => letter,
        _ => letter.to_ascii_lowercase(),
    }
}

//! The list of requirements: what `tests/requirements.txt` has to hold.

/// Requirements that are numbered together.
pub(crate) struct Family {
    /// What stands before the number.
    pub(crate) prefix: &'static str,
    /// How many digits the number has at least.
    pub(crate) width: usize,
    /// How many there are, numbered from 1.
    pub(crate) count: usize,
    /// What they are about.
    pub(crate) title: &'static str,
    /// The levels that they may have.
    levels: &'static [&'static str],
}

const DUTIES: &[&str] = &["SHALL", "SHOULD", "MAY", "INFO"];
const TEST: &[&str] = &["test"];

/// All families, in the order of the list.
pub(crate) const FAMILIES: &[Family] = &[
    duties("R-KM-", 15, "Key management of OMA PoC"),
    duties("R-POC-", 28, "The MSK update during a PoC session"),
    duties("R-MSK-", 36, "The MSK procedures of TS 33.246 §6.3.2"),
    duties("R-IMS-", 54, "IMS based MBMS security, TS 26.237 §10.4"),
    duties("D-", 25, "Derived where the standards leave a case open"),
    Family { prefix: "T-", width: 3, count: 120, title: "Conformance test cases", levels: TEST },
    duties("R-MCX-", 30, "Mission-critical signalling keys, TS 33.180 §5.4, §5.8"),
    Family {
        prefix: "MCX-T-",
        width: 1,
        count: 93,
        title: "Conformance tests of mission-critical keys",
        levels: TEST,
    },
];

const fn duties(prefix: &'static str, count: usize, title: &'static str) -> Family {
    Family { prefix, width: 1, count, title, levels: DUTIES }
}

impl Family {
    /// The identifiers in their order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.count).map(|number| format!("{}{number:0width$}", self.prefix, width = self.width))
    }
}

/// One line of the list.
#[derive(Debug, PartialEq)]
pub(crate) struct Requirement<'a> {
    pub(crate) id: &'a str,
    pub(crate) text: &'a str,
    pub(crate) level: &'a str,
    pub(crate) actor: &'a str,
}

/// The lines of `list`, or what is wrong with it.
pub(crate) fn parse<'a>(list: &'a str, families: &[Family]) -> Result<Vec<Requirement<'a>>, String> {
    let mut requirements = Vec::new();
    let mut lines = list.lines();
    for family in families {
        for id in family.ids() {
            let line = lines.next().ok_or_else(|| format!("{id} is missing"))?;
            let fields: Vec<&str> = line.split('\t').collect();
            let [found, text, level, actor] = fields[..] else {
                return Err(format!("{id}: not four fields: {line}"));
            };
            if found != id {
                return Err(format!("{found} where {id} is due"));
            }
            if !family.levels.contains(&level) {
                return Err(format!("{id}: unknown level {level}"));
            }
            if [text, actor].iter().any(|field| field.trim().is_empty() || field.contains('|')) {
                return Err(format!("{id}: an empty field, or one that would break the table of the page"));
            }
            requirements.push(Requirement { id: found, text, level, actor });
        }
    }
    lines.next().map_or(Ok(requirements), |line| Err(format!("a line too many: {line}")))
}

#[test]
fn the_list_is_refused_when_a_line_is_lost_doubled_moved_or_misshapen() {
    let families = [duties("A-", 2, "first"), duties("B-", 1, "second")];
    let good = "A-1\tfirst\tSHALL\tUE\nA-2\tsecond\tMAY\tUE\nB-1\tthird\tINFO\tUE\n";
    let ids: Vec<&str> = parse(good, &families).unwrap().iter().map(|requirement| requirement.id).collect();
    assert_eq!(ids, ["A-1", "A-2", "B-1"]);
    for (from, to, complaint) in [
        ("A-2\tsecond\tMAY\tUE\n", "", "B-1 where A-2 is due"),
        ("B-1\tthird\tINFO\tUE\n", "", "B-1 is missing"),
        ("B-1\tthird\tINFO\tUE\n", "B-1\tthird\tINFO\tUE\nB-2\tfourth\tMAY\tUE\n", "a line too many"),
        ("A-1\tfirst", "A-01\tfirst", "A-01 where A-1 is due"),
        ("\tMAY\t", "\tmay\t", "unknown level may"),
        ("\tMAY\t", "\ttest\t", "unknown level test"),
        ("\tMAY\tUE", "\tMAY", "not four fields"),
        ("third", " ", "an empty field"),
        ("third", "a|b", "break the table"),
    ] {
        let refused = parse(&good.replacen(from, to, 1), &families).unwrap_err();
        assert!(refused.contains(complaint), "{refused}, not {complaint}");
    }
}

#[test]
fn numbers_are_filled_up_with_zeros_to_the_width_of_the_family() {
    let family = Family { prefix: "T-", width: 3, count: 120, title: "", levels: TEST };
    let ids: Vec<String> = family.ids().collect();
    assert_eq!((&*ids[0], &*ids[98], &*ids[119]), ("T-001", "T-099", "T-120"));
}

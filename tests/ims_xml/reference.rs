//! The same bodies as quick-xml reads them, and what they then say. Nothing here knows the code under test.

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::NsReader;

const V: XmlVersion = XmlVersion::Implicit1_0;

/// An element: local name, attributes without prefix, text and children.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) local: String,
    pub(super) namespace: Option<String>,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
    pub(super) text: String,
}

impl Node {
    pub(super) fn all<'a>(&'a self, local: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.local == local)
    }

    pub(super) fn value(&self) -> &str {
        trim(&self.text)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(local, _)| local == name).map(|(_, value)| trim(value))
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

fn bound(resolved: ResolveResult<'_>) -> Result<Option<String>, String> {
    match resolved {
        ResolveResult::Bound(namespace) if namespace.0.is_empty() => Ok(None),
        // The resolver keeps the value as it is written.
        ResolveResult::Bound(namespace) => {
            let value = Attribute { key: QName("xmlns"), value: namespace.0.into() };
            Ok(Some(value.normalized_value(V).map_err(|e| e.to_string())?.into_owned()))
        }
        ResolveResult::Unbound => Ok(None),
        ResolveResult::Unknown(prefix) => Err(format!("prefix {prefix}")),
    }
}

fn start(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) -> Result<Node, String> {
    let (namespace, local) = reader.resolver().resolve_element(tag.name());
    let mut node = Node { local: local.as_ref().to_owned(), namespace: bound(namespace)?, ..Node::default() };
    let mut expanded = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let value = attribute.normalized_value(V).map_err(|e| e.to_string())?.into_owned();
        let QName(name) = attribute.key;
        if name == "xmlns" || name.starts_with("xmlns:") {
            continue;
        }
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        let namespace = bound(namespace)?;
        let local = local.as_ref().to_owned();
        if expanded.contains(&(namespace.clone(), local.clone())) {
            return Err(format!("twice {local}"));
        }
        if namespace.is_none() {
            node.attributes.push((local.clone(), value));
        }
        expanded.push((namespace, local));
    }
    Ok(node)
}

/// Reads `body` with every check that quick-xml has, and what it leaves to its caller.
pub(super) fn read(body: &[u8]) -> Result<Node, String> {
    let body = core::str::from_utf8(body).map_err(|e| e.to_string())?;
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let mut reader = NsReader::from_reader(body.as_bytes());
    reader.config_mut().enable_all_checks(true);
    let (mut open, mut root): (Vec<Node>, Option<Node>) = (Vec::new(), None);
    loop {
        let event = reader.read_event().map_err(|e| e.to_string())?;
        let mut closed = None;
        match event {
            Event::Start(tag) => {
                if root.is_some() {
                    return Err("second root".into());
                }
                open.push(start(&reader, &tag)?);
            }
            Event::Empty(tag) => {
                if root.is_some() {
                    return Err("second root".into());
                }
                closed = Some(start(&reader, &tag)?);
            }
            Event::End(_) => closed = open.pop(),
            Event::Text(text) => match open.last_mut() {
                Some(node) => node.text.push_str(&text.xml10_content()),
                None if trim(&text).is_empty() => {}
                None => return Err("text outside".into()),
            },
            Event::CData(text) => {
                let node = open.last_mut().ok_or("CDATA outside")?;
                node.text.push_str(&text.xml10_content());
            }
            Event::GeneralRef(reference) => {
                let node = open.last_mut().ok_or("reference outside")?;
                let c = match reference.resolve_char_ref().map_err(|e| e.to_string())? {
                    Some(c) => c,
                    None => match &*reference.xml10_content() {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "quot" => '"',
                        "apos" => '\'',
                        other => return Err(format!("entity {other}")),
                    },
                };
                node.text.push(c);
            }
            Event::Comment(_) | Event::Decl(_) => {}
            Event::PI(_) => return Err("PI".into()),
            Event::DocType(_) => return Err("DOCTYPE".into()),
            Event::Eof => break,
        }
        if let Some(node) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(node),
                None => root = Some(node),
            }
        }
    }
    root.filter(|_| open.is_empty()).ok_or_else(|| "no root".into())
}

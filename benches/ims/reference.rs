//! The documents as `quick-xml` reads them: with its own checks all on, and those it leaves to its caller.
//!
//! It is given the same to do as our reader, not more: what it reads goes into the same types, names are compared where
//! they stand, and nothing is copied that need not be.

use base64ct::{Base64, Encoding};
use castkey::id::{KeyDomainId, MskId, MskName};
use castkey::ims::{BTid, ServiceId};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::NsReader;

type Outcome<T> = Result<T, &'static str>;

const MAX_BODY_LEN: usize = 16_384;
const MAX_DEPTH: usize = 8;
const MAX_ITEMS: usize = 64;

fn is_blank(text: &str) -> bool {
    text.bytes().all(|c| matches!(c, b' ' | b'\t' | b'\r' | b'\n'))
}

/// A reader of one document.
struct Document<'a> {
    reader: NsReader<&'a [u8]>,
    depth: usize,
    text: String,
}

/// What a document is made of, for whoever reads it.
enum Piece<'a> {
    Start(BytesStart<'a>),
    /// An element ended; what text it held stands in the document.
    End,
    Eof,
}

impl<'a> Document<'a> {
    fn new(body: &'a [u8]) -> Outcome<Self> {
        if body.len() > MAX_BODY_LEN {
            return Err("length");
        }
        let body = core::str::from_utf8(body).map_err(|_| "UTF-8")?;
        let body = body.strip_prefix('\u{feff}').unwrap_or(body);
        let mut reader = NsReader::from_reader(body.as_bytes());
        reader.config_mut().enable_all_checks(true);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { reader, depth: 0, text: String::new() })
    }

    fn next(&mut self) -> Outcome<Piece<'a>> {
        loop {
            match self.reader.read_event().map_err(|_| "syntax")? {
                Event::Start(tag) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err("depth");
                    }
                    self.check(&tag)?;
                    self.text.clear();
                    return Ok(Piece::Start(tag));
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(Piece::End);
                }
                Event::Text(text) if self.depth > 0 => self.text.push_str(&text.xml10_content()),
                Event::Text(text) if is_blank(&text) => {}
                Event::CData(text) if self.depth > 0 => self.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) if self.depth > 0 => {
                    let c = match reference.resolve_char_ref().map_err(|_| "reference")? {
                        Some(c) => c,
                        None => match &*reference.xml10_content() {
                            "lt" => '<',
                            "gt" => '>',
                            "amp" => '&',
                            "quot" => '"',
                            "apos" => '\'',
                            _ => return Err("entity"),
                        },
                    };
                    self.text.push(c);
                }
                Event::Comment(_) | Event::Decl(_) => {}
                Event::Eof if self.depth == 0 => return Ok(Piece::Eof),
                _ => return Err("not one of these documents"),
            }
        }
    }

    /// Prefixes are declared, and no attribute stands twice under its namespace; `quick-xml` compares the names as written.
    fn check(&self, tag: &BytesStart<'_>) -> Outcome<()> {
        let resolver = self.reader.resolver();
        if matches!(resolver.resolve_element(tag.name()).0, ResolveResult::Unknown(_)) {
            return Err("prefix");
        }
        let mut expanded = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| "attribute")?;
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| "value")?;
            let QName(name) = attribute.key;
            if name == "xmlns" || name.starts_with("xmlns:") || !name.contains(':') {
                continue;
            }
            let (namespace, local) = resolver.resolve_attribute(attribute.key);
            let namespace = match namespace {
                ResolveResult::Unknown(_) => return Err("prefix"),
                ResolveResult::Bound(namespace) => Some(namespace.0.to_owned()),
                ResolveResult::Unbound => None,
            };
            let name = (namespace, local.as_ref().to_owned());
            if expanded.contains(&name) {
                return Err("twice");
            }
            expanded.push(name);
        }
        Ok(())
    }

    fn root(&mut self, name: &str) -> Outcome<()> {
        match self.next()? {
            Piece::Start(tag) if tag.local_name().as_ref() == name => Ok(()),
            _ => Err("root"),
        }
    }

    /// The next child; `None` at the end of its parent.
    fn child(&mut self) -> Outcome<Option<BytesStart<'a>>> {
        self.text.clear();
        let piece = self.next()?;
        if !is_blank(&self.text) && !matches!(piece, Piece::Start(_)) {
            return Err("text between elements");
        }
        match piece {
            Piece::Start(tag) => Ok(Some(tag)),
            Piece::End => Ok(None),
            Piece::Eof => Err("end"),
        }
    }

    /// The text of the element entered last, without the blanks around it.
    fn value(&mut self) -> Outcome<&str> {
        match self.next()? {
            Piece::End => Ok(self.text.trim_ascii()),
            _ => Err("no element here"),
        }
    }

    fn skip(&mut self) -> Outcome<()> {
        let outside = self.depth - 1;
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }

    fn finish(mut self) -> Outcome<()> {
        match self.next()? {
            Piece::Eof => Ok(()),
            _ => Err("something behind the root"),
        }
    }
}

pub(crate) fn btid(body: &[u8]) -> Outcome<BTid> {
    let mut document = Document::new(body)?;
    document.root("mbmsAuthorizedSecurityRegister")?;
    let mut btid = None;
    while let Some(tag) = document.child()? {
        if tag.local_name().as_ref() != "btid" {
            document.skip()?;
        } else if btid.replace(BTid::new(document.value()?).map_err(|_| "B-TID")?).is_some() {
            return Err("twice");
        }
    }
    document.finish()?;
    btid.ok_or("no B-TID")
}

pub(crate) fn register(body: &[u8], services: &mut Vec<ServiceId>) -> Outcome<()> {
    let mut document = Document::new(body)?;
    document.root("mbmsSecurityRegister")?;
    while let Some(tag) = document.child()? {
        if tag.local_name().as_ref() != "serviceId" {
            document.skip()?;
            continue;
        }
        if services.len() == MAX_ITEMS {
            return Err("too many");
        }
        services.push(ServiceId::new(document.value()?).map_err(|_| "service ID")?);
    }
    document.finish()?;
    if services.is_empty() { Err("no service") } else { Ok(()) }
}

fn octets<const N: usize>(text: &str) -> Outcome<[u8; N]> {
    let mut octets = [0; N];
    let len = Base64::decode(text, &mut octets).map_err(|_| "base64")?.len();
    if len == N { Ok(octets) } else { Err("length") }
}

pub(crate) fn msk_request(body: &[u8], msks: &mut Vec<MskName>) -> Outcome<()> {
    let mut document = Document::new(body)?;
    document.root("mbmsMSK")?;
    while let Some(tag) = document.child()? {
        if tag.local_name().as_ref() != "MSK" {
            document.skip()?;
            continue;
        }
        let (mut domain, mut id) = (None, None);
        while let Some(part) = document.child()? {
            let twice = match part.local_name().as_ref() {
                "keyDomainID" => domain.replace(KeyDomainId::new(octets(document.value()?)?)).is_some(),
                "MSKID" => id.replace(MskId::from_octets(octets(document.value()?)?)).is_some(),
                _ => {
                    document.skip()?;
                    false
                }
            };
            if twice {
                return Err("twice");
            }
        }
        if msks.len() == MAX_ITEMS {
            return Err("too many");
        }
        msks.push(MskName::new(domain.ok_or("no domain")?, id.ok_or("no MSK ID")?));
    }
    document.finish()?;
    if msks.is_empty() { Err("no MSK") } else { Ok(()) }
}

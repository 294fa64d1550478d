//! What a text is made of besides its words.

/// Everything that a rewritten text must have just as the text before: the same, as often, in the same order.
///
/// The order here is the order in which a difference is looked for, the dangerous ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Html,
    Link,
    Image,
    LinkDefinition,
    Heading,
    CodeBlock,
    Code,
    Formula,
    Table,
    Note,
    NoteReference,
    Title,
    Quotation,
    List,
    Item,
    Checkbox,
    Strikethrough,
    /// Where html is in it; any other is free.
    Emphasis,
    Rule,
    /// A paragraph without words, such as one that is only a picture.
    Alone,
    /// Words: one or more paragraphs.
    Prose,
    /// Of what holds others.
    End,
}

impl Kind {
    pub const ALL: [Kind; 22] = [
        Kind::Html,
        Kind::Link,
        Kind::Image,
        Kind::LinkDefinition,
        Kind::Heading,
        Kind::CodeBlock,
        Kind::Code,
        Kind::Formula,
        Kind::Table,
        Kind::Note,
        Kind::NoteReference,
        Kind::Title,
        Kind::Quotation,
        Kind::List,
        Kind::Item,
        Kind::Checkbox,
        Kind::Strikethrough,
        Kind::Emphasis,
        Kind::Rule,
        Kind::Alone,
        Kind::Prose,
        Kind::End,
    ];

    /// In a sentence about one of them.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Html => "an HTML tag or comment",
            Kind::Link => "a link",
            Kind::Image => "a picture",
            Kind::LinkDefinition => "the address of a link",
            Kind::Heading => "a heading",
            Kind::CodeBlock => "a block of code",
            Kind::Code => "a piece of code",
            Kind::Formula => "a formula",
            Kind::Table => "a table",
            Kind::Note => "a footnote",
            Kind::NoteReference => "a reference to a footnote",
            Kind::Title => "the title of an admonition",
            Kind::Quotation => "a quotation or admonition",
            Kind::List => "a list",
            Kind::Item => "an item of a list",
            Kind::Checkbox => "a checkbox",
            Kind::Strikethrough => "struck-out text",
            Kind::Emphasis => "emphasis around an HTML tag",
            Kind::Rule => "a horizontal line",
            Kind::Alone => "a paragraph without words",
            Kind::Prose => "a paragraph",
            Kind::End => "the end of a list or quotation",
        }
    }
}

/// One of them, as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub kind: Kind,
    /// What tells it from others of its kind; two texts have the same object only if this is the same.
    pub what: String,
}

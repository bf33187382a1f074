//! The elements that extraction tells apart.

macro_rules! tags {
    ($($variant:ident = $name:literal,)+) => {
        /// A kind of node.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Tag {
            /// The document itself, and comments.
            None,
            /// A text node.
            Text,
            /// An element that needs no name here.
            Other,
            $($variant,)+
        }

        impl Tag {
            /// The kind of an HTML element by its name in lower case.
            pub(crate) fn of(name: &str) -> Self {
                match name {
                    $($name => Tag::$variant,)+
                    _ => Tag::Other,
                }
            }
        }
    };
}

tags! {
    Html = "html", Head = "head", Body = "body", Title = "title", Meta = "meta", Link = "link", Base = "base",
    Script = "script", Style = "style", Noscript = "noscript", Template = "template",
    Article = "article", Main = "main", Section = "section", Header = "header", Footer = "footer", Nav = "nav",
    Aside = "aside", Address = "address", Div = "div", P = "p", Pre = "pre", Blockquote = "blockquote",
    H1 = "h1", H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5", H6 = "h6", Hgroup = "hgroup", Hr = "hr", Br = "br",
    Ul = "ul", Ol = "ol", Li = "li", Dl = "dl", Dt = "dt", Dd = "dd", Menu = "menu",
    Table = "table", Thead = "thead", Tbody = "tbody", Tfoot = "tfoot", Tr = "tr", Td = "td", Th = "th",
    Caption = "caption",
    Figure = "figure", Figcaption = "figcaption", Picture = "picture", Source = "source", Img = "img", Svg = "svg",
    Math = "math", Annotation = "annotation", Video = "video", Audio = "audio", Iframe = "iframe", Object = "object", Embed = "embed",
    Canvas = "canvas",
    A = "a", Span = "span", Em = "em", I = "i", Strong = "strong", B = "b", Small = "small", Sub = "sub", Sup = "sup",
    Q = "q", Cite = "cite", Time = "time", Font = "font", Center = "center", Details = "details",
    Summary = "summary", Dialog = "dialog",
    Form = "form", Fieldset = "fieldset", Input = "input", Button = "button", Select = "select", Option = "option",
    Textarea = "textarea", Label = "label",
}

impl Tag {
    /// Whether a reader never sees what is in it.
    pub(crate) fn is_invisible(self) -> bool {
        matches!(
            self,
            Tag::Script
                | Tag::Style
                | Tag::Template
                | Tag::Head
                | Tag::Svg
                | Tag::Annotation
                | Tag::Iframe
                | Tag::Object
                | Tag::Canvas
                | Tag::Video
                | Tag::Audio
                | Tag::Select
                | Tag::Textarea
        )
    }

    /// Whether it starts a line of its own.
    pub(crate) fn is_block(self) -> bool {
        matches!(
            self,
            Tag::Html
                | Tag::Body
                | Tag::Article
                | Tag::Main
                | Tag::Section
                | Tag::Header
                | Tag::Footer
                | Tag::Nav
                | Tag::Aside
                | Tag::Address
                | Tag::Div
                | Tag::P
                | Tag::Pre
                | Tag::Blockquote
                | Tag::Hgroup
                | Tag::Hr
                | Tag::Ul
                | Tag::Ol
                | Tag::Li
                | Tag::Dl
                | Tag::Dt
                | Tag::Dd
                | Tag::Menu
                | Tag::Table
                | Tag::Thead
                | Tag::Tbody
                | Tag::Tfoot
                | Tag::Tr
                | Tag::Td
                | Tag::Th
                | Tag::Caption
                | Tag::Figure
                | Tag::Figcaption
                | Tag::Center
                | Tag::Details
                | Tag::Summary
                | Tag::Dialog
                | Tag::Form
                | Tag::Fieldset
                | Tag::Option
                | Tag::Noscript
        ) || self.heading_level().is_some()
    }

    /// 1 to 6 for a heading.
    pub(crate) fn heading_level(self) -> Option<u8> {
        match self {
            Tag::H1 => Some(1),
            Tag::H2 => Some(2),
            Tag::H3 => Some(3),
            Tag::H4 => Some(4),
            Tag::H5 => Some(5),
            Tag::H6 => Some(6),
            _ => None,
        }
    }
}

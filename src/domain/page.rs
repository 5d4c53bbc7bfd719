//! One page of documents: as it is wanted, and as it came.

use std::sync::Arc;

use bson::{Bson, RawDocumentBuf, doc};
use jiff::{SignedDuration, Timestamp};

use super::{
    collection::Facts,
    failure::{Failure, FailureKind},
    keyset::{self, Mark, Order, Ties, Way},
    query::Query,
    shell,
};

/// Where a page begins.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// With the first document.
    First,
    /// It ends with the last document.
    Last,
    /// After this place.
    After(Mark),
    /// It ends before this place.
    Before(Mark),
}

/// One page, wanted.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The collection.
    pub collection: String,
    /// What it is.
    pub facts: Arc<Facts>,
    /// What is asked.
    pub query: Query,
    /// The order that the first page found; `None` for the first page.
    pub order: Option<Order>,
    /// Where it begins.
    pub from: From,
    /// Most documents on it.
    pub size: u32,
}

/// One page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// In the order of the sort, as raw BSON.
    pub documents: Vec<Arc<RawDocumentBuf>>,
    /// The order that further pages must use; `None` where no page can follow.
    pub order: Option<Order>,
    /// The place before the first document.
    pub first: Option<Mark>,
    /// The place after the last document.
    pub last: Option<Mark>,
    /// Whether there are more in the direction that was read.
    pub has_more: bool,
    /// How long it took.
    pub took: SignedDuration,
}

/// A page with what its collection is, as the console reads them together.
#[derive(Debug, Clone)]
pub struct Read {
    /// What the collection is.
    pub facts: Arc<Facts>,
    /// The page.
    pub page: Page,
}

/// A place as text, for whoever asks for the next page later.
///
/// It holds the order, so that the next page is read in the same one.
pub fn token(order: &Order, mark: &Mark) -> String {
    let ties = match order.ties {
        Ties::Id => "id",
        Ties::Seen => "seen",
        Ties::Content => "content",
    };
    let place = doc! {
        "sort": order.sort(Way::Forwards), "ties": ties, "arrays": order.arrays,
        "values": &mark.values, "seen": &mark.seen, "read": mark.read.name(),
    };
    Bson::Document(place).into_canonical_extjson().to_string()
}

/// The order and the place that a text from [`token`] holds.
///
/// # Errors
///
/// `usage` for any other text.
pub fn from_token(text: &str) -> Result<(Order, Mark), Failure> {
    let read = || {
        let place = shell::document(text, Timestamp::UNIX_EPOCH).ok()?;
        let keys = keyset::keys(place.get_document("sort").ok()?).ok()??;
        let ties = match place.get_str("ties").ok()? {
            "id" => Ties::Id,
            "seen" => Ties::Seen,
            "content" => Ties::Content,
            _ => return None,
        };
        let arrays = place.get_bool("arrays").ok()?;
        let values = place.get_array("values").ok()?.clone();
        let seen = place.get_array("seen").ok()?.clone();
        let read = place.get_str("read").ok()?;
        let read = [Way::Forwards, Way::Backwards].into_iter().find(|way| way.name() == read)?;
        let fits = !keys.is_empty() && keys.len() == values.len();
        fits.then_some((Order { keys, ties, arrays }, Mark { values, seen, read }))
    };
    read().ok_or_else(|| {
        Failure::new(
            FailureKind::Usage,
            "this is no place that a page has ended at",
            "Take the text of `next` from the page before, in single quotes",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_from_its_text() {
        let order = Order {
            ties: Ties::Seen,
            arrays: false,
            ..Order::by_id(keyset::keys(&doc! {"total": -1}).unwrap().unwrap())
        };
        let mark = Mark {
            values: vec![Bson::Double(f64::INFINITY), Bson::Int64(5)],
            seen: vec![Bson::Null],
            read: Way::Backwards,
        };
        let text = token(&order, &mark);
        assert_eq!(from_token(&text), Ok((order, mark)));
        for wrong in [
            "",
            "{}",
            "x",
            "{sort: {a: 1}, ties: 'id', arrays: true, values: [], seen: [], read: 'forwards'}",
        ] {
            assert_eq!(from_token(wrong).unwrap_err().kind, FailureKind::Usage);
        }
    }
}

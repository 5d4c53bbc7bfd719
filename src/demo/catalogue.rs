//! What a store sells, to whom, and who works there: documents as the backend writes them.

use bson::{Bson, DateTime, Decimal128, Document, doc, oid::ObjectId};
use fastrand::Rng;

use crate::mongo::provision::NewStore;

const PRODUCTS: &str = include_str!("data/products.tsv");
const BRANDS: [&str; 5] = ["Nordlicht", "Café Alma", "Μέλι", "山の茶", "House"];
const PEOPLE: [&str; 12] = [
    "Ana Sousa",
    "Jürgen Weiß",
    "Zoë Ångström",
    "Олена Коваль",
    "Νίκος Παππάς",
    "佐藤 花",
    "김민준",
    "ليلى حداد",
    "Łukasz Żak",
    "Nguyễn Thị Hoa",
    "सुनीता राव",
    "Chidi Okafor",
];
const STATUSES: [&str; 6] =
    ["completed", "completed", "completed", "pending", "refunded", "cancelled"];
const METHODS: [&str; 4] = ["card", "card", "cash", "wallet"];
const N_ORDERS: u32 = 30;
const HOUR_MS: i64 = 3_600_000;

/// What a collection holds; part of the ids, so that they differ.
const PRODUCT: u8 = 1;
const CATEGORY: u8 = 2;
const BRAND: u8 = 3;
const ORDER: u8 = 4;
const USER: u8 = 5;

/// An id that holds this time, as the server's own do, and is the same every time.
pub(super) fn object_id(at: DateTime, what: u8, number: u32) -> ObjectId {
    let seconds = u32::try_from(at.timestamp_millis() / 1_000).unwrap_or_default();
    let [a, b, c, d] = number.to_be_bytes();
    ObjectId::from_parts(seconds, [0x7d, 0xec, 0x6b, what, a], [b, c, d])
}

/// The documents of a store by collection type.
pub(super) fn documents(
    index: usize,
    store: &NewStore,
    now: DateTime,
) -> [(&'static str, Vec<Document>); 5] {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    let mut rng = Rng::with_seed(u64::from(index) + 1);
    let base = index * 1_000;
    [
        ("categories", categories(base, store)),
        ("brands", brands(base, store)),
        ("products", products(base, store, &mut rng)),
        ("orders", orders(base, store, now, &mut rng)),
        ("users", users(base, store)),
    ]
}

/// People who belong to no store.
pub(super) fn system_users(now: DateTime) -> Vec<Document> {
    let made = DateTime::from_millis(now.timestamp_millis() / (24 * HOUR_MS) * 24 * HOUR_MS);
    let user = |(number, role): (u32, &str)| {
        doc! {
            "_id": object_id(made, 0, 900_000_000 + number),
            "name": role_name(role),
            "email": format!("{role}@pos.example"),
            "role": role,
            "storeId": Bson::Null,
            "active": true,
            "createdAt": made,
            "updatedAt": made,
            "__v": 0,
        }
    };
    (0..).zip(["owner", "admin", "auditor"]).map(user).collect()
}

fn role_name(role: &str) -> String {
    format!("System {role}")
}

fn categories(base: u32, store: &NewStore) -> Vec<Document> {
    let mut names: Vec<_> = products_of().map(|(category, _, _)| category).collect();
    names.dedup();
    let category = |(number, name): (u32, &str)| {
        doc! {
            "_id": object_id(store.created_at, CATEGORY, base + number),
            "name": name,
            "slug": name.to_lowercase().replace(' ', "-"),
            "sortOrder": i64::from(number),
            "active": true,
            "createdAt": store.created_at,
            "updatedAt": store.created_at,
            "__v": 0,
        }
    };
    (0..).zip(names).map(category).collect()
}

fn brands(base: u32, store: &NewStore) -> Vec<Document> {
    let brand = |(number, name): (u32, &str)| {
        doc! {
            "_id": object_id(store.created_at, BRAND, base + number),
            "name": name,
            "country": Bson::Null,
            "createdAt": store.created_at,
            "updatedAt": store.created_at,
            "__v": 0,
        }
    };
    (0..).zip(BRANDS).map(brand).collect()
}

fn products(base: u32, store: &NewStore, rng: &mut Rng) -> Vec<Document> {
    let product = |(number, (category, name, price)): (u32, (&str, &str, &str))| {
        doc! {
            "_id": object_id(store.created_at, PRODUCT, base + number),
            "sku": sku(number),
            "name": name,
            "category": category,
            "brand": BRANDS.get(number as usize % BRANDS.len()).copied().unwrap_or_default(),
            "price": decimal(price),
            "taxRate": decimal("0.081"),
            "stock": rng.i32(0..200),
            "tags": if number % 3 == 0 { vec!["seasonal", "takeaway"] } else { vec!["takeaway"] },
            "active": number % 11 != 0,
            "createdAt": store.created_at,
            "updatedAt": store.created_at,
            "__v": 0,
        }
    };
    (0..).zip(products_of()).map(product).collect()
}

fn users(base: u32, store: &NewStore) -> Vec<Document> {
    let user = |(number, role): (u32, &str)| {
        let name = pick(&PEOPLE, (base / 1_000 + number) as usize * 5);
        doc! {
            "_id": object_id(store.created_at, USER, base + number),
            "name": name,
            "email": format!("{role}{number}@{}.example", store.prefix.replace('_', "-")),
            "role": role,
            "storeId": &store.store_id,
            "pinHash": format!("$2b$10$demo{:012x}", u64::from(base + number)),
            "active": true,
            "createdAt": store.created_at,
            "updatedAt": store.created_at,
            "__v": 0,
        }
    };
    (0..).zip(["manager", "cashier", "cashier", "stock"]).map(user).collect()
}

/// The orders of the last two days, the newest last.
fn orders(base: u32, store: &NewStore, now: DateTime, rng: &mut Rng) -> Vec<Document> {
    let first = now.timestamp_millis() - 48 * HOUR_MS;
    let order = |number: u32| {
        let at = first + 48 * HOUR_MS * i64::from(number) / i64::from(N_ORDERS);
        order(store, base + number, DateTime::from_millis(at), rng)
    };
    (0..N_ORDERS).map(order).collect()
}

/// One order. `number` tells it from the store's others.
pub(super) fn order(store: &NewStore, number: u32, at: DateTime, rng: &mut Rng) -> Document {
    let list: Vec<_> = products_of().collect();
    let mut total_cents = 0;
    let items: Vec<_> = (0..rng.usize(1..=4))
        .map(|_| {
            let index = rng.usize(0..list.len());
            let (_, name, price) = list.get(index).copied().unwrap_or_default();
            let quantity = rng.i32(1..=3);
            let line_cents = cents(price) * i64::from(quantity);
            total_cents += line_cents;
            doc! {
                "sku": sku(u32::try_from(index).unwrap_or_default()),
                "name": name,
                "quantity": quantity,
                "price": decimal(price),
                "total": decimal(&amount(line_cents)),
            }
        })
        .collect();
    let status = pick(&STATUSES, rng.usize(..));
    let paid = matches!(status, "completed" | "refunded");
    doc! {
        "_id": object_id(at, ORDER, number),
        "orderNumber": format!("{}-{:06}", store.store_id, number % 1_000_000),
        "storeId": &store.store_id,
        "status": status,
        "items": items,
        "total": decimal(&amount(total_cents)),
        "payment": {
            "method": pick(&METHODS, rng.usize(..)),
            "paidAt": if paid { Bson::DateTime(at) } else { Bson::Null },
        },
        "cashier": pick(&PEOPLE, rng.usize(..)),
        "createdAt": at,
        "updatedAt": at,
        "__v": 0,
    }
}

fn products_of() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    PRODUCTS.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        Some((parts.next()?, parts.next()?, parts.next()?))
    })
}

fn sku(number: u32) -> String {
    format!("P-{:04}", 100 + number)
}

fn pick(from: &'static [&'static str], number: usize) -> &'static str {
    from.get(number % from.len().max(1)).copied().unwrap_or_default()
}

fn decimal(text: &str) -> Bson {
    text.parse::<Decimal128>().map_or(Bson::Null, Bson::Decimal128)
}

fn cents(price: &str) -> i64 {
    price.replace('.', "").parse().unwrap_or_default()
}

fn amount(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::database::Database;

    #[test]
    fn an_order_adds_up() {
        let at = DateTime::from_millis(1_700_000_000_000);
        let store = NewStore {
            record: object_id(at, 0, 1),
            store_id: "ST-0001".into(),
            name: "x".into(),
            prefix: "x".into(),
            database: Database::Main,
            created_at: at,
        };
        let order = order(&store, 7, at, &mut Rng::with_seed(3));
        let cents_of = |document: &Document, key: &str| match document.get(key) {
            Some(Bson::Decimal128(value)) => cents(&value.to_string()),
            _ => 0,
        };
        let items = order.get_array("items").unwrap();
        let sum: i64 =
            items.iter().map(|item| cents_of(item.as_document().unwrap(), "total")).sum();
        assert_eq!(cents_of(&order, "total"), sum);
        assert!(sum > 0);
    }

    #[test]
    fn every_product_has_its_three_parts() {
        assert_eq!(products_of().count(), PRODUCTS.lines().count());
        assert!(products_of().all(|(_, _, price)| cents(price) > 0));
    }
}

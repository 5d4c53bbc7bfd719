//! A fleet that answers in part: what was read is there, what was not is named, and nobody
//! takes the one for the other.

use std::time::{Duration, Instant};

use mongodb::bson::{Bson, Document, doc};
use rustix::process::Signal;
use tilldeck::demo::server::{Login, Server, ServerOptions};

use super::rig::{
    Answer, Faulty, Ground, Operation, Rig, fail, numbered, operations, store, wait_for_failure,
};
use crate::{
    doctor::fleet::name_of,
    support::{Output, Running, database_name, eventually, on_server, shared, start, uri_of},
};

/// Causes of a server that is gone or says nothing.
const GONE: &[&str] = &["refused", "network", "no_primary", "timed_out"];

/// The forms of a query, each with whether its rows are orders.
const FORMS: [(&[&str], bool); 5] = [
    (&["orders", "--limit", "0"], true),
    (&["orders", "--limit", "0", "--sort", "{n: -1}"], true),
    (&["orders", "--count"], false),
    (&["orders", "--distinct", "n", "--limit", "0"], false),
    (&["orders", "--aggregate", "[{$group: {_id: null, n: {$sum: 1}}}]"], false),
];

/// Shard 2 failed, and everything else is there.
#[track_caller]
fn assert_two_is_missing(rig: &Rig, answer: &Answer, has_orders: bool, kinds: &[&str]) {
    answer.assert_failed(rig, &rig.ids_in(&[2]), kinds);
    let others = rig.ids_in(&[0, 1, 3]);
    if has_orders {
        rig.assert_all_of(answer, &others);
        return;
    }
    for id in &others {
        let is_there = answer.rows().iter().any(|(of, ..)| of == id);
        assert!(is_there, "no row of {id}: {answer:#?}");
    }
    assert!(answer.rows().iter().all(|(of, ..)| others.contains(of)), "{answer:#?}");
    // Totals of a part would be wrong numbers that look right.
    let totals = &answer.report["totals"];
    let missing = rig.name_of(2);
    if let Some(databases) = totals["databases"].as_array() {
        assert!(databases.iter().all(|one| one["database"] != missing), "{answer:#?}");
    }
}

/// Text says which stores are missing and why, and that it is not all; and so do lines and
/// tables for other programs, on stderr.
#[track_caller]
fn assert_text_says_so(rig: &Rig, arguments: &[&str]) {
    for format in [&[][..], &["--format", "jsonl"], &["--format", "csv"]] {
        let output = rig.run(&[arguments, format].concat());
        assert_eq!(output.code, 1, "{format:?}: {output:?}");
        let said = if format.is_empty() {
            format!("{}{}", output.stdout, output.stderr)
        } else {
            output.stderr.clone()
        };
        for word in ["S-two", &rig.name_of(2), "not complete"] {
            assert!(said.contains(word), "{format:?}: `{word}` is not in: {said}");
        }
    }
}

#[test]
fn a_shard_whose_server_is_gone_is_named() {
    let mut second = start(ServerOptions::default());
    let rig =
        Rig::apart(&shared().uri(), &second.uri(), numbered(23), "[query]\ndeadline = \"6s\"\n");
    assert_eq!(rig.whole(&["orders"]).rows().len(), 23);
    second.kill9();
    for (form, has_orders) in FORMS {
        assert_two_is_missing(&rig, &rig.query(form), has_orders, GONE);
    }
    assert_text_says_so(&rig, &["orders"]);
    // A limit that the others fill is no reason to keep quiet.
    let few = rig.query(&["orders", "--limit", "2", "--sort", "{n: 1}"]);
    few.assert_failed(&rig, &rig.ids_in(&[2]), GONE);
    assert_eq!(few.rows().len(), 2, "{few:#?}");
    // Who does not ask for that shard is not bothered with it.
    assert_eq!(rig.whole(&["orders", "--database", "3"]).rows().len(), 4);
}

#[test]
fn a_server_that_dies_while_it_is_asked_takes_only_its_own_stores() {
    let mut second = start(ServerOptions::default());
    let settings = "[query]\ndeadline = \"20s\"\n";
    let rig = Rig::apart(&shared().uri(), &second.uri(), numbered(MANY), settings);
    for (commands, form) in [
        (&["find", "aggregate"][..], &["orders", "--limit", "0"][..]),
        (&["getMore"], &["orders", "--limit", "0", "--sort", "{n: 1}"]),
        (&["aggregate", "count"], &["orders", "--count"]),
    ] {
        let held = doc! {"blockConnection": true, "blockTimeMS": 60_000};
        let n_before = fail(&second.uri(), commands, "alwaysOn", held);
        let arguments = [form, &["--json"]].concat();
        let answer = std::thread::scope(|scope| {
            let asked = scope.spawn(|| Output::of(&mut rig.command(&arguments)));
            wait_for_failure(&second.uri(), n_before);
            second.kill9();
            Answer::of(&asked.join().unwrap())
        });
        answer.assert_failed(&rig, &rig.ids_in(&[2]), GONE);
        if form.contains(&"--count") {
            assert_two_is_missing(&rig, &answer, false, GONE);
        } else {
            rig.assert_all_of(&answer, &rig.ids_in(&[0, 1, 3]));
        }
        second.restart().unwrap();
    }
}

/// Lets a server go on when a test ends in any way.
struct Frozen(Server);

impl Drop for Frozen {
    fn drop(&mut self) {
        self.0.cont();
    }
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    let mut second = Frozen(start(ServerOptions::default()));
    let settings = "[query]\ndeadline = \"2s\"\n";
    let rig = Rig::apart(&shared().uri(), &second.0.uri(), numbered(23), settings);
    second.0.stop();
    for (form, has_orders) in [FORMS[1], FORMS[2]] {
        let begun = Instant::now();
        let answer = rig.query(form);
        // The rest of the program has its own deadlines, and machines are slow.
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
        assert_two_is_missing(&rig, &answer, has_orders, &["timed_out"]);
    }
}

#[test]
fn a_server_that_falls_silent_in_the_middle_keeps_nobody_else() {
    let faulty = Faulty::take();
    let settings = "[query]\ndeadline = \"2s\"\n";
    let rig = Rig::apart(&shared().uri(), &faulty.uri(), numbered(MANY), settings);
    // Its first rows are there, and then no more: others have more batches to come.
    faulty.fail(&["getMore"], doc! {"blockConnection": true, "blockTimeMS": 20_000});
    for sort in [&[][..], &["--sort", "{n: 1}"]] {
        let begun = Instant::now();
        let answer = rig.query(&[&["orders", "--limit", "0"], sort].concat());
        assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
        let failed = (answer.failures(), answer.code, &answer.report["complete"]);
        let two = ("S-two".to_owned(), rig.name_of(2), "timed_out".to_owned());
        assert_eq!(failed, (vec![two], 1, &false.into()), "{sort:?}");
        rig.assert_all_of(&answer, &rig.ids_in(&[0, 1, 3]));
    }
}

#[test]
fn a_database_that_the_login_may_not_read_is_named() {
    let login = Login { user: "root".into(), password: "r00t-pass".into() };
    let server = start(ServerOptions { login: Some(login), ..ServerOptions::default() });
    let main = database_name("query");
    let roles: Vec<Document> =
        [0, 1, 3].iter().map(|&at| doc! {"role": "read", "db": name_of(&main, at)}).collect();
    on_server(&server.uri(), async |client| {
        let user = doc! {"createUser": "app", "pwd": "S3cr3t-p", "roles": roles};
        client.database("admin").run_command(user).await.unwrap();
    });
    let address = server.addresses()[0];
    let settings = format!("uri = \"mongodb://app:S3cr3t-p@{address}/{main}?authSource=admin\"\n");
    let root = server.uri();
    let ground = Ground { main, root: &root, second: None, settings };
    let rig = Rig::planted(ground, numbered(23));
    for (form, has_orders) in FORMS {
        let answer = rig.query(form);
        assert_two_is_missing(&rig, &answer, has_orders, &["not_authorised"]);
        assert!(!answer.report.to_string().contains("S3cr3t-p"), "{answer:#?}");
    }
    assert_text_says_so(&rig, &["orders"]);
}

#[test]
fn a_collection_that_the_login_may_not_read_is_no_missing_one() {
    let login = Login { user: "root".into(), password: "r00t-pass".into() };
    let server = start(ServerOptions { login: Some(login), ..ServerOptions::default() });
    let main = database_name("query");
    let shard = name_of(&main, 1);
    let one = |name: &str| {
        doc! {"resource": {"db": &shard, "collection": name}, "actions": ["find"]}
    };
    let lists = doc! {"resource": {"db": &shard, "collection": ""}, "actions": ["listCollections"]};
    let roles: Vec<Bson> = [0, 2, 3]
        .iter()
        .map(|&at| doc! {"role": "read", "db": name_of(&main, at)}.into())
        .chain(["few".into()])
        .collect();
    on_server(&server.uri(), async |client| {
        let admin = client.database("admin");
        let privileges = [lists, one("one_orders"), one("one_brands")];
        let role = doc! {"createRole": "few", "privileges": privileges.to_vec(), "roles": []};
        admin.run_command(role).await.unwrap();
        let user = doc! {"createUser": "app", "pwd": "S3cr3t-p", "roles": roles};
        admin.run_command(user).await.unwrap();
    });
    let address = server.addresses()[0];
    let settings = format!("uri = \"mongodb://app:S3cr3t-p@{address}/{main}?authSource=admin\"\n");
    let root = server.uri();
    let rig = Rig::planted(Ground { main, root: &root, second: None, settings }, numbered(23));
    // A type that a store need not have is no other matter.
    for prefix in ["one", "uno"] {
        rig.insert(1, &format!("{prefix}_brands"), &[doc! {"_id": prefix}]);
    }
    for form in [&["orders", "--limit", "0"][..], &["orders", "--count"], &["brands"]] {
        let answer = rig.query(form);
        answer.assert_failed(&rig, &["S-uno".to_owned()], &["not_authorised"]);
        assert!(!answer.report["missing"].to_string().contains("S-uno"), "{answer:#?}");
    }
}

#[test]
fn a_collection_that_is_missing_is_told_of() {
    let rig = Rig::new(numbered(23));
    rig.tell(2, doc! {"drop": "two_orders"});
    for form in [&["orders"][..], &["orders", "--count"], &["orders", "--sort", "{n: 1}"]] {
        let answer = rig.whole(form);
        let missing = answer.report["missing"].as_array().unwrap();
        assert_eq!(missing.len(), 1, "{answer:#?}");
        assert_eq!(missing[0]["store_id"], "S-two", "{answer:#?}");
        let text = rig.run(form);
        assert!(text.code == 0 && text.stderr.contains("S-two has no two_orders"), "{text:?}");
    }
    // Brands are no must, and nobody has one.
    let brands = rig.whole(&["brands", "--count"]);
    assert_eq!(brands.report["totals"]["fleet"]["count"], 0, "{brands:#?}");
    assert_eq!(brands.rows().len(), 5, "{brands:#?}");
    assert!(brands.report["missing"].as_array().unwrap().is_empty(), "{brands:#?}");
}

/// More orders than five stores give at once.
const MANY: i32 = 1_500;

/// A fleet where shard 1 has two stores, of which one fails.
fn one_that_fails(faulty: &Faulty) -> (Rig, String) {
    one_of_many_that_fails(faulty, 23)
}

fn one_of_many_that_fails(faulty: &Faulty, n_orders: i32) -> (Rig, String) {
    let rig = Rig::on(&faulty.uri(), numbered(n_orders), "");
    let namespace = format!("{}.uno_orders", rig.name_of(1));
    (rig, namespace)
}

#[test]
fn a_store_that_takes_too_long_is_named_and_its_neighbour_is_read() {
    let faulty = Faulty::take();
    let (rig, namespace) = one_that_fails(&faulty);
    faulty.fail(
        &["find", "aggregate", "count", "distinct"],
        doc! {"namespace": &namespace, "errorCode": 50},
    );
    for (form, has_orders) in FORMS {
        let answer = rig.query(form);
        answer.assert_failed(&rig, &["S-uno".to_owned()], &["timed_out"]);
        if has_orders {
            rig.assert_all_of(&answer, &["S-old", "S-one", "S-three", "S-two"].map(String::from));
        }
        assert!(answer.rows().iter().all(|(id, ..)| id != "S-uno"), "{answer:#?}");
    }
    let text = rig.run(&["orders"]);
    let said = format!("{}{}", text.stdout, text.stderr);
    assert!(text.code == 1 && said.contains("S-uno"), "{text:?}");
    faulty.heal();
    rig.whole(&["orders"]);
}

#[test]
fn a_store_that_fails_half_way_is_not_taken_for_read() {
    let faulty = Faulty::take();
    let (rig, namespace) = one_of_many_that_fails(&faulty, MANY);
    for how in [
        doc! {"errorCode": 43},
        doc! {"errorCode": 96},
        doc! {"errorCode": 11_600},
        doc! {"closeConnection": true},
    ] {
        let mut data = doc! {"namespace": &namespace};
        data.extend(how.clone());
        faulty.fail(&["getMore"], data);
        for sort in [&[][..], &["--sort", "{n: 1}"], &["--sort", "{n: -1}"]] {
            let answer = rig.query(&[&["orders", "--limit", "0"], sort].concat());
            let kind = answer.failures().first().map(|(.., kind)| kind.clone());
            answer.assert_failed(&rig, &["S-uno".to_owned()], &[kind.as_deref().unwrap_or("")]);
            rig.assert_all_of(&answer, &["S-old", "S-one", "S-three", "S-two"].map(String::from));
            let of_uno = answer.rows().iter().filter(|(id, ..)| id == "S-uno").count();
            assert!(of_uno < rig.n_orders_of("S-uno"), "{answer:#?}");
            // What is there is in order, whatever is missing.
            if let [_, direction] = sort {
                let order: Vec<i32> =
                    answer.documents().iter().map(|one| one.get_i32("n").unwrap()).collect();
                let mut right = order.clone();
                right.sort_unstable();
                if *direction == "{n: -1}" {
                    right.reverse();
                }
                assert_eq!(order, right, "{how}");
            }
        }
    }
    let text = rig.run(&["orders", "--limit", "0"]);
    let said = format!("{}{}", text.stdout, text.stderr);
    assert!(text.code == 1 && said.contains("S-uno"), "{text:?}");
}

#[test]
fn a_file_of_a_part_is_not_left_for_the_whole() {
    let faulty = Faulty::take();
    let (rig, namespace) = one_that_fails(&faulty);
    faulty.fail(&["find", "aggregate"], doc! {"namespace": &namespace, "errorCode": 50});
    for format in ["jsonl", "csv"] {
        let output = rig.run(&["orders", "--format", format, "--output", "out"]);
        assert_eq!(output.code, 1, "{output:?}");
        assert!(output.stderr.contains("S-uno"), "{output:?}");
        let folder = std::fs::read_dir(rig.home.path()).unwrap();
        let left: Vec<_> = folder
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("out"))
            .collect();
        assert_eq!(left, Vec::<String>::new());
    }
}

#[test]
fn a_store_that_moves_while_it_is_read_is_told_apart() {
    let faulty = Faulty::take();
    for (commands, form) in [
        (&["find", "aggregate"][..], FORMS[1].0),
        (&["getMore"], FORMS[0].0),
        (&["aggregate", "count"], FORMS[2].0),
    ] {
        let (rig, namespace) = one_of_many_that_fails(&faulty, MANY);
        let held = doc! {"namespace": &namespace, "blockConnection": true, "blockTimeMS": 4_000};
        faulty.fail_once(commands, held);
        let arguments = [form, &["--json"]].concat();
        let answer = std::thread::scope(|scope| {
            let asked = scope.spawn(|| Output::of(&mut rig.command(&arguments)));
            let is_held = || {
                let found =
                    on_server(&faulty.uri(), async |client| operations(&client, &rig.main).await);
                let is_it = |one: &Operation| one.is_active && one.collection == "uno_orders";
                found.iter().any(is_it).then_some(())
            };
            eventually("the store is being read", is_held);
            let moved = doc! {"q": {"prefix": "uno"}, "u": {"$set": {"databaseId": 3}}};
            rig.tell(0, doc! {"update": "stores", "updates": [moved]});
            assert!(is_held().is_some(), "the machine is too slow for this test");
            let output = asked.join().unwrap();
            Answer::of(&output)
        });
        assert_eq!(answer.code, 1, "{form:?}: {answer:#?}");
        assert_eq!(answer.report["complete"], false, "{form:?}: {answer:#?}");
        let changed = answer.report["changed"].to_string();
        assert!(changed.contains("S-uno"), "{form:?}: {answer:#?}");
        assert!(!changed.contains("S-one"), "{form:?}: {answer:#?}");
    }
}

#[test]
fn a_store_that_is_gone_while_others_are_read_is_told() {
    let faulty = Faulty::take();
    let (rig, namespace) = one_that_fails(&faulty);
    let held = doc! {"namespace": &namespace, "blockConnection": true, "blockTimeMS": 1_500};
    let n_before = faulty.fail_once(&["find", "aggregate", "count"], held);
    let answer = std::thread::scope(|scope| {
        let asked = scope.spawn(|| rig.query(&["orders", "--count"]));
        wait_for_failure(&faulty.uri(), n_before);
        let gone = doc! {"q": {"prefix": "two"}, "limit": 1};
        rig.tell(0, doc! {"delete": "stores", "deletes": [gone]});
        asked.join().unwrap()
    });
    let changed = answer.report["changed"].to_string();
    assert!(changed.contains("S-two") && !changed.contains("S-uno"), "{answer:#?}");
    assert_eq!((answer.code, &answer.report["complete"]), (1, &false.into()), "{answer:#?}");
}

#[test]
fn an_interrupted_query_leaves_nothing_behind_on_the_server() {
    let faulty = Faulty::take();
    let (rig, namespace) = one_of_many_that_fails(&faulty, MANY);
    for (commands, form) in [
        (&["find", "aggregate"][..], FORMS[0].0),
        (&["getMore"], FORMS[1].0),
        (&["aggregate", "count"], FORMS[2].0),
    ] {
        let held = doc! {"namespace": &namespace, "blockConnection": true, "blockTimeMS": 25_000};
        faulty.fail(commands, held);
        let mut command = rig.command(&[form, &["--output", "rows", "--format", "csv"]].concat());
        let mut running = Running::start(&mut command);
        let ours = || on_server(&faulty.uri(), async |client| operations(&client, &rig.main).await);
        eventually(&format!("{form:?}: stores are being read"), || {
            ours().iter().any(|one| one.is_active).then_some(())
        });
        let interrupted = Instant::now();
        running.signal(Signal::INT);
        assert_eq!(running.wait(), 130, "{form:?}");
        eventually("nothing of ours runs", || ours().is_empty().then_some(()));
        let took = interrupted.elapsed();
        assert!(took < Duration::from_secs(10), "{form:?}: {took:?}, as long as it is held");
        faulty.heal();
        let home = std::fs::read_dir(rig.home.path()).unwrap();
        let names: Vec<String> =
            home.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(!names.iter().any(|name| name.contains("rows")), "{form:?}: {names:?}");
    }
}

#[test]
fn an_interrupted_query_is_ended_where_every_command_of_a_database_is_held() {
    let faulty = Faulty::take();
    let many = vec![doc! {"text": "x".repeat(100)}; 1_500];
    let stores = (0..8).map(|n| store(&format!("s{n}"), 1, many.clone())).collect();
    let rig = Rig::on(&faulty.uri(), stores, "");
    // What is read before, the registry too, needs no second batch.
    faulty.fail(&["getMore"], doc! {"blockConnection": true, "blockTimeMS": 25_000});
    let form = ["orders", "--limit", "0", "--output", "rows", "--format", "csv"];
    let mut running = Running::start(&mut rig.command(&form));
    let ours = || on_server(&faulty.uri(), async |client| operations(&client, &rig.main).await);
    let n_held = || ours().iter().filter(|one| one.is_active).count();
    eventually("as many stores are read as may be at once", || (n_held() == 4).then_some(()));
    let interrupted = Instant::now();
    running.signal(Signal::INT);
    assert_eq!(running.wait(), 130);
    eventually("nothing of ours runs", || ours().is_empty().then_some(()));
    assert!(interrupted.elapsed() < Duration::from_secs(10), "as long as they are held");
}

#[test]
fn a_fault_that_passes_is_tried_again_and_no_failure() {
    let faulty = Faulty::take();
    let (rig, namespace) = one_that_fails(&faulty);
    for how in [doc! {"errorCode": 91}, doc! {"errorCode": 189}, doc! {"closeConnection": true}] {
        for form in [FORMS[0].0, FORMS[1].0, FORMS[2].0] {
            let mut data = doc! {"namespace": &namespace};
            data.extend(how.clone());
            let n_before = faulty.fail_once(&["find", "aggregate"], data);
            let answer = rig.whole(form);
            wait_for_failure(&faulty.uri(), n_before);
            if form.contains(&"--count") {
                assert_eq!(answer.report["totals"]["fleet"]["count"], 23, "{how}: {answer:#?}");
            } else {
                rig.assert_all_of(&answer, &rig.ids_in(&[0, 1, 2, 3]));
            }
        }
    }
}

#[test]
fn a_main_database_that_dies_while_shards_are_asked_leaves_their_rows_and_a_doubt() {
    let mut server = start(ServerOptions::default());
    let settings = "[query]\ndeadline = \"20s\"\n";
    let rig = Rig::apart(&server.uri(), &shared().uri(), numbered(23), settings);
    let held = doc! {
        "namespace": format!("{}.old_orders", rig.main), "blockConnection": true,
        "blockTimeMS": 60_000,
    };
    let n_before = fail(&server.uri(), &["find"], "alwaysOn", held);
    let answer = std::thread::scope(|scope| {
        let asked = scope.spawn(|| rig.query(&["orders", "--limit", "0"]));
        wait_for_failure(&server.uri(), n_before);
        server.kill9();
        asked.join().unwrap()
    });
    rig.assert_all_of(&answer, &rig.ids_in(&[2]));
    assert_eq!((answer.code, &answer.report["complete"]), (1, &false.into()), "{answer:#?}");
    let failures = answer.failures();
    let failed = |id: &str| failures.iter().any(|(of, ..)| of == id);
    assert!(failed("S-old") && !failed("S-two"), "{failures:?}");
    // Whether a store has moved meanwhile cannot be known without the registry.
    assert!(failed("-"), "{failures:?}");
}

#[test]
fn a_main_database_that_is_gone_is_no_empty_answer() {
    let mut server = start(ServerOptions::default());
    let rig = Rig::on(&server.uri(), numbered(5), "[query]\ndeadline = \"3s\"\n");
    server.kill9();
    let output = rig.run(&["orders", "--json"]);
    assert_eq!(output.code, 1, "{output:?}");
    let report = output.json();
    let is_told = report["error"]["kind"].is_string() || report["complete"] == false;
    assert!(is_told, "{report:#}");
    let text = rig.run(&["orders"]);
    assert!(text.code == 1 && !text.stderr.is_empty(), "{text:?}");
}

#[test]
fn a_shard_behind_a_wrong_password_is_named() {
    let login = Login { user: "root".into(), password: "right".into() };
    let second = start(ServerOptions { login: Some(login), ..ServerOptions::default() });
    let main = database_name("query");
    let address = second.addresses()[0];
    let shard = name_of(&main, 2);
    let settings = format!(
        "uri = \"{}\"\n[shards.2]\nuri = \"mongodb://root:wr0ng@{address}/{shard}?authSource=admin\"\n",
        uri_of(&shared().uri(), &main)
    );
    let root = shared().uri();
    let second_root = second.uri();
    let ground = Ground { main, root: &root, second: Some(&second_root), settings };
    let rig = Rig::planted(ground, numbered(13));
    for (form, has_orders) in [FORMS[0], FORMS[2]] {
        let answer = rig.query(form);
        assert_two_is_missing(&rig, &answer, has_orders, &["login"]);
        assert!(!answer.report.to_string().contains("wr0ng"), "{answer:#?}");
    }
}

#[test]
fn a_filter_that_the_server_refuses_fails_in_every_store() {
    let rig = Rig::new(numbered(5));
    let answer = rig.query(&["orders", "--filter", "{n: {$nope: 1}}"]);
    answer.assert_failed(&rig, &rig.ids_in(&[0, 1, 2, 3]), &["server", "usage"]);
    assert!(answer.rows().is_empty(), "{answer:#?}");
    assert!(answer.report["failed"].to_string().contains("$nope"), "{answer:#?}");
    // In one store only: the documents of the others do not divide by nothing.
    let divide = "[{$project: {x: {$divide: [1, {$subtract: ['$n', 3]}]}}}]";
    let answer = rig.query(&["orders", "--aggregate", divide]);
    let home = rig.whole(&["orders", "--filter", "{n: 3}"]).rows()[0].0.clone();
    answer.assert_failed(&rig, &[home], &["server", "usage"]);
    assert_eq!(answer.rows().len(), 4, "{answer:#?}");
    assert_eq!(answer.report["totals"], Bson::Null.into_relaxed_extjson(), "{answer:#?}");
}

use super::*;

mod anything;
mod fixture;
mod tables;

#[test]
fn every_rule_is_explained_in_whole_sentences() {
    for rule in Rule::ALL {
        let Explanation { title, meaning, cause, remedy } = explain(rule);
        assert!(!title.ends_with('.') && title.starts_with(char::is_lowercase), "{rule:?}");
        for text in [meaning, cause, remedy] {
            assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{rule:?}");
            assert!(!text.contains("  "), "{rule:?}: {text}");
        }
    }
}

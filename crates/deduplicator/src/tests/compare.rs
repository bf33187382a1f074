use crate::{Thresholds, compare};

/// Words without a digit.
fn words(from: u64, to: u64) -> String {
    let letter = |n: u64| char::from(b'a' + u8::try_from(n % 26).unwrap());
    (from..to)
        .map(|i| [i, i / 26, i / 676, i * 7, i * 11].map(letter).iter().chain(&[' ']).collect::<String>())
        .collect()
}

#[test]
fn core_and_figures_say_why_two_texts_in_one_frame_are_no_copies() {
    let by = Thresholds::default();
    let frame = words(0, 120);
    let (a, b) = (format!("{frame} {} {frame}", words(500, 700)), format!("{frame} {} {frame}", words(800, 1_000)));
    let framed = compare(&a, &b, &by);
    assert_eq!((framed.verdict, framed.core, framed.figures_order), ("new", 0.0, None), "{framed:?}");
    assert!(framed.estimated_jaccard > 0.2, "{framed:?}");
    let report = |day: u64| {
        let day = |i: u64| {
            format!("at noon in town {} it had {} degrees ", words(i * 9, i * 9 + 6), (i * i + day * (i + 3)) % 97)
        };
        (0..40).map(day).collect::<String>()
    };
    let days = compare(&report(1), &report(2), &by);
    assert_eq!(days.verdict, "new", "{days:?}");
    assert!(days.figures_order.unwrap()[0] < 0.25 && days.figures[1] < days.figures[0] / 2, "{days:?}");
    let same = compare(&report(1), &format!("{} by our desk", report(1)), &by);
    assert_eq!((same.verdict, same.figures_order), ("near_copy", Some([1.0, 1.0])), "{same:?}");
    assert!(same.core > 0.9, "{same:?}");
}

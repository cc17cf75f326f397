//! What everybody shares: the bearer's link, the judge who looks on, and the diary.

use castkey::id::MskId;
use castkey::time::Tick;

use crate::clock::Now;
use crate::judge::Judge;
use crate::link::Link;

/// A line of the diary, with its step of the figure if it has one.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) at: Tick,
    pub(crate) step: Option<u8>,
    pub(crate) text: String,
}

/// How far the figure is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Before,
    /// Up to the switch: steps 1 to 13.
    Update,
    /// Under the new MSK: steps 14 to 17.
    Media,
    After,
}

pub(crate) struct Stage {
    pub(crate) link: Link,
    pub(crate) judge: Judge,
    pub(crate) diary: Vec<Line>,
    /// Whether lines are printed as they come.
    live: bool,
    figure: Figure,
    /// Steps in the order in which they first happened.
    pub(crate) steps: Vec<u8>,
    /// Turning points for the timeline: when, and a mark.
    pub(crate) marks: Vec<(u64, char)>,
}

impl Stage {
    pub(crate) fn new(link: Link, judge: Judge, live: bool) -> Self {
        let (diary, steps, marks) = (Vec::new(), Vec::new(), Vec::new());
        Self { link, judge, diary, live, figure: Figure::Before, steps, marks }
    }

    pub(crate) fn note(&mut self, now: Now, text: impl Into<String>) {
        self.write(Line { at: now.tick, step: None, text: text.into() });
    }

    /// A turning point: a note, with a mark in the timeline.
    pub(crate) fn mark(&mut self, mark: char, now: Now, text: &str) {
        self.marks.push((now.tick.as_millis(), mark));
        self.write(Line { at: now.tick, step: None, text: format!("({mark}) {text}") });
    }

    /// The update that starts now is that of the figure.
    pub(crate) fn play_figure(&mut self) {
        self.figure = Figure::Update;
    }

    /// The distribution uses a new MSK.
    pub(crate) fn switched(&mut self) {
        if self.figure == Figure::Update {
            self.figure = Figure::Media;
        }
    }

    /// A step of the figure, written down the first time it happens.
    pub(crate) fn step(&mut self, step: u8, now: Now, text: &str) {
        let open = match self.figure {
            Figure::Update => step < 14,
            // A datagram may overtake the news of the switch, not the order of the steps.
            Figure::Media => step < 15 || self.steps.contains(&(step - 1)),
            Figure::Before | Figure::After => false,
        };
        if open && !self.steps.contains(&step) {
            self.steps.push(step);
            self.write(Line { at: now.tick, step: Some(step), text: text.to_owned() });
            if step == 17 {
                self.figure = Figure::After;
            }
        }
    }

    /// The letter of an MSK: A is the first.
    pub(crate) fn letter(&self, msk: MskId) -> char {
        self.judge.letter(msk)
    }

    fn write(&mut self, line: Line) {
        if self.live {
            println!("{}", render(&line));
        }
        self.diary.push(line);
    }
}

pub(crate) fn render(line: &Line) -> String {
    let ms = line.at.as_millis();
    let step = line.step.map_or_else(|| "       ".to_owned(), |step| format!("step {step:>2}"));
    format!("{:>3}.{:03} s  {step}  {}", ms / 1_000, ms % 1_000, line.text)
}

//! What rewriting a chapter will take, guessed before anybody is asked.

use super::Rewriting;

/// How many characters a token stands for, on the average of the languages that are written in ASCII.
const ASCII_PER_TOKEN: u64 = 4;

/// Of other scripts, and of letters with marks on them, hundredths of a token for each.
const OTHER_PERCENT: u64 = 60;

/// Without sections that have to be asked for again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    pub sections: usize,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

impl Rewriting {
    pub fn estimate(&self) -> Estimate {
        self.sections().fold(Estimate::default(), |sum, section| {
            let messages = section.messages(None);
            Estimate {
                sections: sum.sections + 1,
                prompt_tokens: sum.prompt_tokens
                    + messages.iter().map(|message| tokens_in(&message.content)).sum::<u64>(),
                completion_tokens: sum.completion_tokens + tokens_in(section.sent()),
            }
        })
    }
}

fn tokens_in(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let other = text.chars().filter(|c| !c.is_ascii()).count() as u64;
    ascii.div_ceil(ASCII_PER_TOKEN) + (other * OTHER_PERCENT).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use super::tokens_in;

    #[test]
    fn a_text_of_another_script_has_more_tokens_than_one_of_as_many_latin_letters() {
        assert_eq!(tokens_in(""), 0);
        assert_eq!(tokens_in("What a robot does."), 5);
        assert_eq!(tokens_in("ロボットのすること"), 6);
    }
}

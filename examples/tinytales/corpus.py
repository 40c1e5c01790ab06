#!/usr/bin/env python3
"""Write a corpus of small stories, each the answer to a question that names its subjects.

usage: corpus.py OUT_DIR [--count N] [--held-out N] [--seed S] [--jobs J]

Writes OUT_DIR/train.jsonl and OUT_DIR/held_out.jsonl, one conversation a line: {"system", "user", "story", "hero", "other", "friend"}.
The stories come from the grammar in plots.py over the words in words.py. One pair of subjects in ten is held out: no conversation of the
training set is about it, and held_out.jsonl is about nothing else. Every story is checked as it is made (both subjects named, no third animal
but the friend, 80 to 175 words, no leftover notation) and none is written twice. The same seed gives the same files for any number of jobs.
"""
import argparse, json, multiprocessing, os, random, re, zlib
import plots, words

ANIMALS = {name: (home, trait) for name, home, trait in words.rows(words.ANIMALS)}
PLAIN_ANIMALS = words.listed(words.PLAIN_ANIMALS)


def things():
    """name -> (kind, facts) of all things, where facts holds adjectives, article and the kind's pieces of sentences."""
    fields = {
        'small': ('need', 'solve', 'fault', 'fix', 'joy'), 'big': ('need', 'solve', 'fault', 'fix', 'joy'),
        'food': ('need', 'solve', 'joy'), 'place': ('prep', 'view', 'trouble', 'fix', 'after', 'fear', 'joy'),
        'public': ('prep', 'view', 'trouble', 'fix', 'after', 'fear', 'joy'), 'sky': ('article', 'adjectives', 'view', 'gone', 'back', 'joy')}
    tables = {'small': words.SMALL_THINGS, 'big': words.BIG_THINGS, 'food': words.FOODS, 'place': words.PLACES, 'public': words.PUBLIC_PLACES,
              'sky': words.SKY}
    found = {}
    for kind, table in tables.items():
        names = fields[kind] if kind == 'sky' else ('adjectives',) + fields[kind]
        for row in words.rows(table):
            assert len(row) == len(names) + 1, row
            facts = dict(zip(names, row[1:]))
            facts['adjectives'] = words_of(facts['adjectives'])
            found[row[0]] = (kind, facts)
    for name in words.listed(words.PLAIN_THINGS):
        found.setdefault(name, ('plain', {'adjectives': PLAIN_ADJECTIVES, 'joy': '[JOY_PLAIN]'}))
    return found


def words_of(text):
    return [w.strip() for w in text.split(',')]


PLAIN_ADJECTIVES = ['little', 'old', 'shiny', 'red', 'blue', 'green', 'strange', 'lovely', 'golden']
HERO_ADJECTIVES = ['small', 'little', 'young', 'brave', 'shy', 'curious', 'clever', 'gentle', 'quiet', 'cheerful', 'kind', 'friendly', 'merry', 'dreamy']
FRIEND_ADJECTIVES = ['kind', 'wise', 'friendly', 'helpful', 'patient', 'cheerful', 'lively', 'good-natured', 'gentle']
ANY_ANIMAL = re.compile(r'\b(%s)(?:s|es)?\b' % '|'.join(ANIMALS), re.I)
THINGS = things()
KNOWN_THINGS = [name for name, (kind, _) in THINGS.items() if kind != 'plain']
UNKNOWN_THINGS = [name for name, (kind, _) in THINGS.items() if kind == 'plain']
SYSTEMS = ['You tell small stories.', 'You tell small stories.', 'You are a helpful assistant.', 'You are a kind storyteller.', 'You tell short stories for children.']

# How a story is asked for; {s} stands for the subjects. None of these ends in punctuation: ask() adds it.
ASKS = """
Tell me a story about {s} | Tell me a story about {s} | Tell me a story about {s} | Tell me a short story about {s} | Tell a story about {s} | Tell us a story about {s}
Write a story about {s} | Write a short story about {s} | Write me a story about {s} | Write a little story with {s} | Please tell me a story about {s}
Please write a story about {s} | Can you tell me a story about {s}? | Could you tell me a story about {s}? | Can you write a story about {s}? | I want a story about {s}
I would like a story about {s} | A story about {s}, please | A story about {s} | a story about {s}, please | a story about {s} | Make up a story about {s}
Give me a story about {s} | Give me a story with {s} | Tell me a bedtime story about {s} | Tell me about {s} | Tell me a tale of {s} | Tell me another story about {s}
Now tell me a story about {s} | Do you know a story about {s}? | story about {s} | How about a story with {s}? | Once more, a story about {s}
""".replace('\n', '|').split('|')
ASKS = [a.strip() for a in ASKS if a.strip()]
OPEN_ASKS = ['Tell me a story', 'Tell me a short story', 'Tell a story', 'Write a story', 'Write a short story', 'Tell me another story', 'Please tell me a story', 'A story, please',
             'Can you tell me a story?', 'I want a story', 'Tell me a bedtime story', 'Hello', 'Hi', 'Once upon a time', 'Another one, please', 'What can you do?']


def held_out(a, b):
    """Whether the pair is kept from training: one in ten, by a hash of the two names in alphabetical order; a fox and a lantern are among them."""
    return pair_class(a, b) == pair_class('fox', 'lantern')


def pair_class(a, b):
    return zlib.crc32('|'.join(sorted((a, b))).encode()) % 10


def with_article(phrase):
    return ('an ' if phrase[0] in 'aeiou' and not phrase.startswith(('uni', 'ewe')) else 'a ') + phrase


def branches(text):
    """The choices of a text at its outermost level: split at | outside brackets."""
    found, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == '[') - (c == ']')
        if c == '|' and depth == 0:
            found.append(text[start:i])
            start = i + 1
    return found + [text[start:]]


def expand(text, rng):
    """One sentence of the grammar, slots still in place."""
    if text in plots.SHARED:
        text = plots.SHARED[text]
    text = rng.choice(branches(text))
    while '[' in text:
        end = text.index(']')
        start = text.rindex('[', 0, end)
        inner = text[start + 1:end]
        text = text[:start] + (expand(inner, rng) if inner in plots.SHARED else rng.choice(inner.split('|'))) + text[end + 1:]
    return text


def fill(text, slots):
    def value(match):
        name = match.group(1)
        return slots[name[1:]][0].upper() + slots[name[1:]][1:] if name[0] == '^' else slots[name]
    while '{' in text:
        text = re.sub(r'\{(\^?\w+)\}', value, text)
    return text


def capitals(text):
    """A capital at the start and after every full stop; after ! and ? only outside quotes, since a quote may go on with 'said'."""
    return re.sub(r'(^|[.] |[.]" |[!?] )([a-z])', lambda m: m.group(1) + m.group(2).upper(), text)


def mentions(text, noun):
    return text.lower().count(noun)


def invented(rng):
    """A word that does not exist, so that names are copied rather than remembered."""
    return ''.join(rng.choice(['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'w', 'z', 'bl', 'dr', 'gr', 'pl', 'sn', 'tr', 'sh'])
                   + rng.choice(['a', 'e', 'i', 'o', 'u', 'oo', 'ee']) for _ in range(rng.choice([2, 2, 3]))) + rng.choice(['', 'n', 'k', 'm', 'x', 'l', 'p'])


def choose(rng, want_held_out):
    """Subjects of a story: (hero, other, two). Nothing but pairs of the lists when held-out ones are wanted."""
    heroes = list(ANIMALS)
    while True:
        r = rng.random()
        hero = rng.choice(heroes)
        two = r < 0.18
        other = rng.choice(heroes if two else KNOWN_THINGS)
        if not want_held_out and r > 0.80:
            if r > 0.96:
                hero = invented(rng) if rng.random() < 0.6 else hero
                other = invented(rng)
            elif r > 0.90:
                hero = rng.choice(PLAIN_ANIMALS)
            else:
                other = rng.choice(UNKNOWN_THINGS)
        if hero != other and held_out(hero, other) == want_held_out:
            return hero, other, two


def story(rng, hero, other, two, want_held_out, given):
    """A story and its friend, or None where the draw breaks a rule. given: adjectives and name that the question fixed."""
    heroes = list(ANIMALS)
    home, trait = ANIMALS.get(hero, ('in a cosy little house', 'a kind smile'))
    girl = rng.random() < 0.5
    if two:
        friend, kind, facts = other, 'two', {}
    else:
        kind, facts = THINGS.get(other, ('plain', {'adjectives': PLAIN_ADJECTIVES, 'joy': '[JOY_PLAIN]'}))
        while True:
            friend = rng.choice(heroes)
            if friend != hero and not held_out(friend, hero) and not held_out(friend, other):
                break
    fhome, ftrait = ANIMALS.get(friend, ('in a cosy little house', 'a kind smile'))
    hero_adjective = given.get('hero') or rng.choice(HERO_ADJECTIVES)
    friend_adjective = given.get('other') if two and given.get('other') else rng.choice(FRIEND_ADJECTIVES)
    named = given.get('name') or (rng.choice(words.GIRLS if girl else words.BOYS) if rng.random() < 0.6 else '')
    if named:
        girl = named in words.GIRLS
    she, hers, her = ('she', 'her', 'her') if girl else ('he', 'his', 'him')
    fshe, fhers, fher = ('he', 'his', 'him') if girl else ('she', 'her', 'her')
    slots = {
        'H': 'the ' + hero, 'hero': hero, 'any_hero': with_article(hero), 'a_hero': with_article(hero_adjective + ' ' + hero), 'N': named or 'the ' + hero,
        'named': rng.choice([' named ', ' called ']) + named if named else '',
        'he': she, 'his': hers, 'him': her, 'F': 'the ' + friend, 'friend': friend, 'a_friend': with_article(friend_adjective + ' ' + friend),
        'fhe': fshe, 'fhis': fhers, 'fhim': fher, 'home': home, 'trait': trait, 'fhome': fhome, 'ftrait': ftrait}
    if not two:
        adjective = given.get('other') or rng.choice(facts['adjectives'])
        article = (lambda x: 'the ' + x) if facts.get('article') == 'the' else with_article
        slots.update({'T': other, 'a_T': article(other), 'adj_T': adjective + ' ' + other, 'a_thing': article(adjective + ' ' + other)})
        slots.update({k: expand(v, rng) for k, v in facts.items() if isinstance(v, str) and k != 'article'})
    paragraphs = []
    for paragraph in rng.choice(plots.PLOTS[kind]):
        sentences = []
        for sentence in paragraph:
            if sentence[0] == '~' and rng.random() < 0.6:
                continue
            text = expand(sentence.lstrip('~'), rng)
            done = fill(text, slots)
            if not two and not re.search(r'\{(T|a_T|adj_T|a_thing|need|solve|fault|fix|joy|view|trouble|after|fear|gone|back)\}', text) and mentions(done, other):
                return None  # the thing turned up where no story about it put it: "under a flat stone" in a story about a stone
            if done:
                sentences.append(done.strip())
        paragraphs.append(capitals(' '.join(sentences)))
    text = '\n\n'.join(paragraphs)
    check(text, hero, other, friend)
    return (text, friend) if 80 <= len(text.split()) <= 175 else None


def check(text, hero, other, friend):
    """Stop at a story that breaks a rule, since then the grammar is at fault."""
    known = (hero, other, friend)
    strangers = [a for a in ANY_ANIMAL.findall(text) if a not in known]
    if strangers or mentions(text, hero) < 3 or mentions(text, other) < 3 or re.search(r'[\[\]{}|]|  |\.\.|" "$| [.,!?]|\ba [aeio]|\ban (?!honest)[^aeiou]', text):
        raise ValueError('bad story about %s and %s, strangers %s:\n%s' % (hero, other, strangers, text))


def ask(rng, hero, other, friend, two, given):
    """The question: its subjects in either order, with an adjective or a name now and then, the friend among them, or some of it left out."""
    article = 'the ' if not two and THINGS.get(other, ('', {}))[1].get('article') == 'the' else None
    first = with_article((given['hero'] + ' ' if 'hero' in given else '') + hero) + (rng.choice([' named ', ' called ']) + given['name'] if 'name' in given else '')
    second = (given['other'] + ' ' if 'other' in given else '') + other
    second = article + second if article else with_article(second)
    if not given and rng.random() < 0.04:
        first, second = 'the ' + hero, 'the ' + other
    if not given and rng.random() < 0.03:
        first, second = hero, other
    r = rng.random()
    if r < 0.02:
        text = rng.choice(OPEN_ASKS)
    else:
        known = hero in ANIMALS or hero in PLAIN_ANIMALS
        if r < 0.06 and known and not given:
            subjects = first
        elif r < 0.08 and other in THINGS and not given:
            subjects = second
        elif r < 0.14 and not two:
            subjects = '%s, %s and %s' % (first, with_article(friend), second)
        else:
            subjects = ' and '.join((first, second) if two or rng.random() < 0.75 else (second, first))
        text = rng.choice(ASKS).replace('{s}', subjects)
    if not text.endswith('?') and rng.random() < 0.8:
        text += rng.choice('.....!')
    if text.endswith('?') and rng.random() < 0.15:
        text = text[:-1]
    if rng.random() < 0.15:
        text = text[0].lower() + text[1:]
    return text


def ask_for(hero, other):
    """The plainest question about two subjects."""
    article = THINGS.get(other, ('', {}))[1].get('article')
    return 'Tell me a story about %s and %s.' % (with_article(hero), 'the ' + other if article == 'the' else with_article(other))


def conversation(seed, index, want_held_out):
    """Conversation number `index`: a function of its arguments alone."""
    rng = random.Random('%s/%s/%s' % (seed, index, want_held_out))
    while True:
        hero, other, two = choose(rng, want_held_out)
        given = {}
        if rng.random() < 0.12:
            given['hero'] = rng.choice(HERO_ADJECTIVES)
        if rng.random() < 0.12:
            given['other'] = rng.choice(HERO_ADJECTIVES if two else THINGS[other][1]['adjectives'] if other in THINGS else PLAIN_ADJECTIVES)
        if rng.random() < 0.04:
            given['name'] = rng.choice(words.GIRLS + words.BOYS)
        made = story(rng, hero, other, two, want_held_out, given)
        if made:
            system = rng.choice(SYSTEMS) if rng.random() < 0.2 else ''
            return {'system': system, 'user': ask(rng, hero, other, made[1], two, given), 'story': made[0], 'hero': hero, 'other': other, 'friend': made[1]}


def batch(job):
    seed, start, stop, want_held_out = job
    return [conversation(seed, i, want_held_out) for i in range(start, stop)]


def chatml(item):
    """A conversation as the model reads it, with the special tokens spelt out."""
    system = '<|im_start|>system\n%s<|im_end|>\n' % item['system'] if item['system'] else ''
    return system + '<|im_start|>user\n%s<|im_end|>\n<|im_start|>assistant\n%s<|im_end|>\n' % (item['user'], item['story'])


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('out')
    ap.add_argument('--count', type=int, default=300000)
    ap.add_argument('--held-out', type=int, default=2000)
    ap.add_argument('--seed', type=int, default=1)
    ap.add_argument('--jobs', type=int, default=os.cpu_count())
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    seen, total_words, repeats = set(), 0, 0
    with multiprocessing.Pool(a.jobs) as pool:
        for name, count, want in (('train', a.count, False), ('held_out', a.held_out, True)):
            jobs = [(a.seed, i, min(i + 500, count), want) for i in range(0, count, 500)]
            with open(os.path.join(a.out, name + '.jsonl'), 'w') as f:
                for items in pool.imap(batch, jobs):
                    for item in items:
                        key = zlib.crc32(item['story'].encode()) << 32 | zlib.adler32(item['story'].encode())
                        if key in seen:
                            repeats += 1
                            continue
                        seen.add(key)
                        total_words += len(item['story'].split())
                        f.write(json.dumps(item) + '\n')
    print('%d stories, none twice (%d repeats left out), %.0f words each; %d animals, %d things and places, %d pairs held out' % (
        len(seen), repeats, total_words / len(seen), len(ANIMALS), len(KNOWN_THINGS),
        sum(held_out(x, y) for x in ANIMALS for y in KNOWN_THINGS) + sum(held_out(x, y) for x in ANIMALS for y in ANIMALS if x < y)))


if __name__ == '__main__':
    main()

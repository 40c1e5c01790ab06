"""The shapes of the stories: which sentence follows which, each written in several ways.

The notation is that of a grammar. [one|two|three] is a choice, and choices nest; an empty branch leaves something out. {name} is a slot that
corpus.py fills: {H} the hero ("the fox"), {a_hero} ("a small fox"), {named} (" named Fern", or nothing), {N} (the name, or {H} where there is
none), {he} {his} {him}; {F}, {a_friend}, {fhe} {fhis} {fhim} the same for the friend; {hero} and {friend} the bare nouns; {T} the bare noun of
the thing, {a_T} with its article, {adj_T} ("red lantern"), {a_thing} ("a red lantern"); {home}, {trait} and the facts of words.py by name. {^name} starts with a capital.
Sentences begin in lower case where a slot or a choice leads; corpus.py puts the capitals.
A plot is a list of paragraphs, a paragraph a list of sentences; a sentence may be the name of a shared one, in capitals. A sentence that starts
with ~ is left out more often than not.
"""

SHARED = {
    'OPENING': '[Once upon a time|Long ago|Once], there [was|lived] {a_hero}{named} with {trait}. {N} lived {home}.'
               '|[Once upon a time|A long time ago|In the old days], {a_hero}{named} lived {home}. {he} had {trait}[, and everyone knew {him}|].'
               '|There once was {a_hero}{named} who lived {home}.'
               '|There was once {a_hero}{named} with {trait}[, who lived {home}|].'
               '|{home} lived {a_hero}{named}. {he} had {trait}[ and a good heart| and bright eyes|].'
               '|This is the story of {a_hero}{named}, who lived {home}.'
               '|[Not so long ago|Far away from here], {home}, there lived {a_hero}{named}.',
    'MET': '[Just then|At that moment|After a while|Soon], {a_friend} came [along the path|by|round the bend|down the road].'
           '|[Just then|At that very moment|A little later], {he} met {a_friend}.'
           '|{a_friend} [who was passing by|on the way home from market] stopped beside {him}.',
    'ASKED': '"[What is the matter|Why are you so sad|What is wrong|Can I help you], friend?" asked {F}.'
             '|"[What is the matter|Why do you look so sad|What is wrong|What has happened]?" asked {F}[ kindly| softly|].',
    'TOGETHER': '"[Two can do what one cannot|Together we can do it|Let us try together|Many a trouble is small for two]," said {F}[ with a smile|].',
    'DAY': 'one [misty|bright|windy|cold|sunny|grey|frosty|fine] [morning|afternoon|day]',
    'JOY': '[That evening|That very day|Before the day was over|As soon as they could|The next day], {H} and {F} {joy}[ until bedtime| together|, and they laughed and laughed|].',
    'MORAL': 'a true friend is the best thing of all|kindness always finds its way back|every trouble is smaller when it is shared|a kind heart is worth more than gold'
             '|there is always a way when friends stand together|even the smallest creature can do great things|good things come to those who do not give up',
    'CLOSE_THING': 'And that is the story of {H} and the {T}.|So ends the tale of {H} and the {T}.|The end.|The end.|The end.||',
    'END_THING': 'From that day on, {H} and {F} were the best of friends, and the {T} always reminded them of that day. [CLOSE_THING]'
                 '|And every time {H} looked at the {T}, {he} remembered that [MORAL]. [CLOSE_THING]'
                 '|{H} took good care of the {T} ever after, and {F} [was always welcome|came to visit every Sunday]. [CLOSE_THING]'
                 '|That night {H} fell asleep with a smile, dreaming of the {T} and of {his} good friend. [CLOSE_THING]'
                 '|And so {H}, {F} and the {T} were seldom apart after that. [CLOSE_THING]'
                 '|{N} had learned that [MORAL], and [the {T} helped {him} to remember it|{he} never forgot it]. [CLOSE_THING]',
    'END_GIFT': 'And every time {F} looked at the {T}, {fhe} thought of {H} and smiled. [CLOSE_THING]'
                '|From that day on, the {T} had a place of honour in the house, and {H} was always welcome there. [CLOSE_THING]'
                '|{H} went home with a warm heart, for {he} had learned that giving is the best part of having. [CLOSE_THING]'
                '|Nobody ever forgot the day of the {T}, least of all {H}. [CLOSE_THING]',
    'JOY_PLAIN': 'talked and laughed|sang and danced|sat side by side and told stories|had tea and cake|played in the sun',
    'END_FOOD': 'And {H} learned that {a_T} tastes best when it is shared. [CLOSE_THING]'
                '|From that day on, whenever {H} had {a_T}, {he} kept half of it for {F}. [CLOSE_THING]'
                '|The {T} was soon gone, but the friendship of {H} and {F} lasted all their lives. [CLOSE_THING]'
                '|That night {H} fell asleep with a smile, thinking of the {T} and of {his} new friend. [CLOSE_THING]',
    'END_PLACE': 'From that day on, {H} and {F} went back to the {T} every [spring|summer|Sunday|week]. [CLOSE_THING]'
                 '|And if you ever come to the {T}, you may meet {H} there, with {F} at {his} side. [CLOSE_THING]'
                 '|{N} had learned that [MORAL], and the {T} was {his} favourite place ever after. [CLOSE_THING]'
                 '|And whenever {H} thought of the {T}, {he} remembered that [MORAL]. [CLOSE_THING]'
                 '|That night {H} fell asleep with a smile and dreamed of the {T}. [CLOSE_THING]',
    'END_SKY': 'And whenever {H} looked up at the {T}, {he} thought of {F} and was not lonely any more. [CLOSE_THING]'
               '|{N} had learned that [MORAL], and the {T} helped {him} to remember it. [CLOSE_THING]'
               '|From that day on, {H} and {F} often watched the {T} together. [CLOSE_THING]'
               '|That night {H} fell asleep with a smile, and the {T} was in all {his} dreams. [CLOSE_THING]',
    'CLOSE_TWO': 'And that is the story of {H} and {F}.|So ends the tale of {H} and {F}.|The end.|The end.|The end.||',
    'END_TWO': 'From that day on, {H} and {F} were the best of friends. [CLOSE_TWO]'
               '|And so {H} and {F} learned that [MORAL]. [CLOSE_TWO]'
               '|After that, wherever {H} went, {F} went too. [CLOSE_TWO]'
               '|That night {H} fell asleep with a smile, and so did {F}. [CLOSE_TWO]'
               '|{H} never forgot that day, and {F} never forgot it either. [CLOSE_TWO]',
}

MENDED = [
    ['OPENING',
     'More than anything in the world, {H} wished for {a_T} of {his} own.|{H} had only one wish: {he} wanted {a_T} more than anything.'
     '|"If only I had {a_T}," {H} often said to {him}self.|Every night, before {he} fell asleep, {H} wished for {a_T}.'],
    ['[DAY], {he} found {a_thing} [lying in the long grass|behind a wall|at the side of the road|under a bush|left beside a gate].',
     '[{he} could hardly believe it.|{his} heart jumped for joy.|"My wish has come true!" {he} cried.|]',
     'But something was wrong with the {T}: {fault}.|Then {he} saw that all was not well with the {T}, for {fault}.|But the {T} was of no use, for {fault}.',
     '~{H} sat down and sighed.|{H} hung {his} head.|"What good is {a_T} like this?" sighed {H}.|{H} did not know what to do.'],
    ['MET', 'ASKED', '{H} showed {fhim} the {T}.|{H} pointed to the {T} and told {fhim} everything.', '~TOGETHER',
     'So {H} and {F} [worked side by side all afternoon|sat down and set to work|rolled up their sleeves]. They {fix}[, and then they stood back to look|, slowly and carefully|].',
     '~[When they had finished|At last|In the end], the {T} was [as good as new|better than ever|just as it should be].'],
    ['JOY', 'END_THING'],
]

LOST = [
    ['OPENING',
     '{H} had {a_thing} that {his} [grandmother|grandfather|mother|father|aunt|uncle] had given {him}. {he} [loved the {T} dearly and|took it wherever {he} went and] wished to keep it forever.'
     '|{his} greatest treasure was {a_thing}. {H} [took it everywhere|kept it close by day and by night], and {his} only wish was never to lose it.'],
    ['But [DAY], the {T} was gone. [It must have slipped out of {his} bag.|{H} had left it on a wall, and now the wall was bare.|The wind had carried it off in the night.|]',
     '{H} looked [under the bed|behind the door|beneath the stairs|under the table] and [in the tall grass|along the hedge|beside the gate|down the lane], but there was no {T} to be seen.',
     '~{he} was close to tears.|{he} felt very small and sad.|"I will never find it," {he} sobbed.'],
    ['MET', '~ASKED', '"I have lost my {T}," said {H}.|"My {T} is gone," said {H}, "and I have looked everywhere."',
     '~"[Then let us look together|I will help you look|Do not cry, we will find it]," said {F}. "[Four eyes see more than two|Nothing is ever lost for good]."',
     'They [searched|looked] [high and low|all day long|in every corner]. [At last they saw it, caught on a high branch. {F} shook the branch, and {H} caught the {T} as it fell.'
     '|At last they found the {T} at the bottom of a ditch. {F} held on to {H}, and {H} reached down and pulled the {T} out.'
     '|At last they saw the {T} in a thorn bush. {F} held the thorns apart with a stick while {H} drew the {T} out.'
     '|At last they came to a heavy plank. {H} and {F} lifted it together, and under it lay the {T}, safe and sound.'
     '|At last they saw it, stuck between two rocks. {F} pushed and {H} pulled, until the {T} came free.]'],
    ['~"Thank you," said {H}[, and hugged {his} new friend|]. "[I could not have done it without you|Now I have my {T} back, and a friend as well]."', 'JOY', 'END_THING'],
]

RETURNED = [
    ['OPENING',
     '{H} had always wished for {a_T}, and [DAY], {he} found {a_thing} [on the doorstep|beside the road|on a bench|in the long grass].'
     '|[DAY], {he} found {a_thing} [on the doorstep|beside the road|on a bench|in the long grass]. {H} had wished for {a_T} for as long as {he} could remember.'],
    ['"But somebody must be missing this {T}," thought {H}.|{he} wanted to keep the {T} very much, but {he} knew that it was not {his}.',
     'So {he} asked [the baker|the miller|the postman|the tailor], who had never seen the {T} before.'
     '|So {H} went from door to door with the {T}. "[Is this yours|Do you know whose this is]?" {he} asked, but nobody knew.'],
    ['[At last|Towards evening|At the end of the road], {he} met {a_friend} who was looking [under every bush|behind every stone|all around].',
     '"I have lost my {T}," said {F} [sadly|with tears in {fhis} eyes]. "It was [a gift from my mother|the only one I had|all that I have from home]."',
     'It was hard for {H} to let the {T} go, but {he} held it out. "[Here it is|I found it, and it is yours|I have kept it safe for you]," {he} said.',
     '{F} [jumped for joy|laughed and cried at once|could not speak for happiness]. "What an honest {hero} you are!" {fhe} [said|cried]. "From now on the {T} shall belong to both of us."'],
    ['JOY', 'END_THING'],
]

USED = [
    ['OPENING',
     '{N} had {a_thing}, and {he} [took it wherever {he} went|was very proud of it|never went out without it]. '
     '[{H} wished to do something truly good with the {T} one day.|"[One day|Some day] my {T} will be of great use," {H} liked to say.|{his} wish was to help someone with the {T}.]'
     '|{H} had {a_thing}. Some laughed at {him} and asked what {any_hero} could want with {a_T}, but {H} only wished to do some good with it.'],
    ['[DAY], {he} heard [a small voice|someone crying|a call for help|a sad sigh]. It was {a_friend}. {F} {need}.'
     '|[DAY], {H} met {a_friend} who {need}.',
     '~"[Please help me!|What shall I do?|Can anyone help me?|I am in such trouble!]" [said|cried|called] {F}.|"Nobody can help me," said {F}[ with a tear on {fhis} cheek|].'],
    ['"[Do not be afraid|Do not worry|Do not be sad]," said {H}. "I have [my {T}|{a_T}][, and I know what to do|, and that is just what we need|]."'
     '|{H} thought for a moment. [Then {he} remembered the {T}.|"My {T}!" {he} said. "That is the very thing."]',
     '{H} {solve}.',
     '~[Before long|Soon|In no time], [all was well again|the trouble was over|{F} was smiling again].',
     '"[Thank you!|You have saved me!|How can I ever thank you?]" said {F}. "[You and your {T} came just in time|I will never forget you and your {T}|There is no better {hero} in all the land]."'],
    ['JOY', 'END_THING'],
]

QUARREL = [
    ['OPENING', '{his} best friend was {a_friend}, and the two of them played together every day.|Every day {he} played with {his} friend, {a_friend}.',
     '[{H} had long wished for {a_T}, and so had {F}.|Both {H} and {F} wished for {a_T}.]'],
    ['[DAY], they found {a_thing}. "It is mine, I saw it first!" cried {H}. "No, the {T} is mine!" cried {F}.',
     'They pulled [this way and that way|to and fro|with all their might], until the {T} slipped away and [tumbled down the slope|fell into the mud|rolled into a ditch].',
     '~Then it was very quiet.|Now neither of them had it.|They looked at each other and felt ashamed.'],
    ['"I am sorry," said {H}[ at last|]. "[A friend is worth more than {a_T}|I wanted the {T} so much that I forgot my friend]." "I am sorry too," said {F}.',
     'Together they [went down to fetch the {T} and wiped it clean|picked up the {T} and cleaned it|found the {T} again and brought it home].',
     '~"[Let us share it|It shall belong to both of us]," said {F}. "[One day it is yours, and the next day it is mine|There is enough of it for two]."'],
    ['JOY', 'END_THING'],
]

GIFT = [
    ['OPENING', '{his} [best|dearest|oldest] friend was {a_friend}, and {F} would have a birthday [the next day|very soon|in three days].',
     '{H} wished to give {fhim} something special.|{H} had one wish: to find the best gift in the world for {fhim}.'],
    ['[Then {he} had an idea: {a_thing} would be just right.|At last {he} chose {a_thing}.|Then {he} saw {a_thing} in a shop window and bought it with {his} savings.]',
     '{H} wrapped the {T} in [soft leaves|blue paper|a clean cloth|silver paper] and set off.',
     'But on the way [a storm broke, and the rain came down in sheets. {H} held the {T} close so that it would not get wet.'
     '|a strong wind sprang up and tore the wrapping away. {H} held on to the {T} with all {his} might.'
     '|{he} had to cross a stream on a slippery log. Once {H} almost fell, but {he} did not let go of the {T}.'
     '|thick fog came down, and soon {H} was lost. {he} held the {T} tightly and walked on, step by step, until {he} saw a light.]'],
    ['[Wet and tired|Out of breath|Late but happy], {H} knocked at the door. "[Happy birthday|This is for you]," {he} said, and held out the {T}.',
     '~{F} [stared at it|looked at it|turned it round and round], and {fhis} eyes [began to shine|grew wide|filled with happy tears].',
     '"What {a_T}! [It is the best gift I have ever had,|How did you know that I wished for one?|Nobody has ever been so kind to me,]" said {F}.'],
    ['JOY', 'END_GIFT'],
]

SHARED_FOOD = [
    ['OPENING',
     'All [week|day] {he} had wished for {a_T}, and [now|at last] {he} had one: {a_thing}[, all for {him}self|].'
     '|{H} had {a_thing} [for supper|in {his} bag], and {he} had wished for it all [day|week] long.'],
    ['{he} was about to take the first bite when {he} saw {a_friend}. {F} {need}.',
     '{H} looked at the {T}, and then {he} looked at {F}. There was only one {T}, and {he} was hungry too.',
     '~[But {H} had a kind heart.|"What is a treat without a friend?" {he} thought.|It was not easy, but {he} knew what was right.]'],
    ['"[Come and sit with me|Come here, friend|Do not be sad]," said {H}. Then {he} {solve}.',
     '"[How good you are|You are very kind|Thank you]," said {F}. "[I have never met such a good {hero}|I will never forget this {T}|This is the best {T} in the world]."',
     'The two of them {joy}[, and it tasted twice as good|, and they told each other stories|].'],
    ['END_FOOD'],
]

FOOD_USED = [USED[0], USED[1], USED[2], ['The two of them {joy}[, and it tasted wonderful|, and they were happy|].', 'END_FOOD']]
FOOD_GIFT = [GIFT[0], GIFT[1], GIFT[2], ['The two of them {joy}[, and it tasted wonderful|, and they were happy|].', 'END_FOOD']]

JOURNEY = [
    ['OPENING',
     '{H} had one great wish: {he} wanted to see the {adj_T} that everyone talked about.|Everyone spoke of the {adj_T}, but {H} had never seen it. "How I wish to go there," {he} said.'
     '|Every evening {he} heard tales of the {adj_T}. {H} wished with all {his} heart to see the {T}.'],
    ['So [DAY], {he} [set off|packed a little bag and set off|said goodbye and set off]. But [the way was long, and soon the path split in three|thick fog came down and hid the path|it began to rain, and the path turned to mud].',
     '~{H} did not know which way to go.|"I shall never get to the {T}," sighed {H}.|{H} sat down, tired and lost.'],
    ['MET', '~ASKED', '"I am looking for the {T}," said {H}.|"I want to see the {T}, but I have lost my way," said {H}.',
     '"[I know the {T} well|The {T} is not far from here|I have been there many times]," said {F}. "[Come with me|Follow me and you will see it|I will take you there]."',
     'They [walked|went on] side by side until [the sun was low|noon|the path came to an end]. And there was the {T}! {H} stood still in wonder, for {view}.'],
    ['"It is [even better than I dreamed|the best thing I have ever seen]," [whispered|said] {H}. {H} and {F} {joy}[ until it was time to go home| together|].', 'END_PLACE'],
]

REPAIRED = [
    ['OPENING', '{H} loved the {adj_T}[, for {view}|]. {he} [went there every day|knew no better place in the world] and wished that it would always stay the same.'
                '|Nobody loved the {adj_T} more than {H} did. {he} wished for nothing more than to be there every day.'],
    ['But [DAY], {he} found that {trouble}. {H} [felt like crying|could hardly believe it|was very sad to see it].',
     '~{he} set to work at once, but it was too much for one {hero}.|"My poor {T}," said {H}. "What can one small creature do?"'],
    ['MET', '"[I love the {T} too|The {T} is dear to me as well|I saw what happened to the {T}]," said {F}. "[Let us help|We must not leave it like this|I will help you]."',
     'So {H} and {F} [worked hard all day|worked until the evening|began at once]. They {fix}, and [by evening|at last|in the end] {after}.'],
    ['[Tired but happy|Full of joy|To celebrate], {H} and {F} {joy}[ until bedtime| together|].', 'END_PLACE'],
]

AFRAID = [
    ['OPENING', '{H} was afraid of the {adj_T}, for {fear}. {he} wished that {he} were brave.'
                '|There was only one thing that {he} feared, and that was the {adj_T}, for {fear}. {H} wished that {he} were braver.'],
    ['[DAY], {he} heard a cry from the {T}. "Help! [Help me!|Is anyone there?|Can nobody hear me?]" It was {a_friend} who had [hurt {fhis} foot|slipped and could not get up|lost the way] there.',
     '{H} began to tremble. [Then {he} took a deep breath|{he} counted to three], and step by step {he} went to the {T}.'],
    ['"[Hold on to me|I am here|Do not be afraid]," said {H}, and {he} helped {F} [up|to stand]. "You are the bravest {hero} I know," said {F}.',
     '{H} looked around. The {T} was not so bad after all, for {view}.|Only then did {H} look at the {T} properly, and {he} saw that {view}.'],
    ['The next day {H} and {F} came back and {joy}.|Soon {F} was well, and the two of them came back and {joy}.', 'END_PLACE'],
]

SECRET = [
    ['OPENING', '{H} had nobody to play with, and {he} wished for a friend.|{he} was often alone, and what {H} wished for most was a friend.'],
    ['[DAY], {he} came upon {a_thing}[ far from every road| that nobody had told {him} about|]. {view}. It became {his} secret place, and {he} went to the {T} every day.',
     '~[But even the {T} was a little lonely without company.|Still, there was nobody to share the {T} with.]',
     'Then, one day, somebody was already there. It was {a_friend}. "This is my {T}!" cried {H}.'],
    ['"[I am sorry|Forgive me]," said {F}. "[I am new here and have no friends|I only wanted to rest|I did not know that it was yours]." {H} [felt ashamed|felt sorry at once].',
     '"No, I am the one who is sorry," {he} said. "[There is room here for two|The {T} is for everyone]. [Will you stay|Will you be my friend|Shall we play]?" {^F} nodded[ happily| and smiled|].'],
    ['[All that day|That afternoon|Until the sun went down], {H} and {F} {joy}.', 'END_PLACE'],
]

REACHING = [
    ['OPENING', '{H} looked at the {adj_T} and wished to touch it, just once.|Whenever {H} saw the {adj_T}, {he} wished that {he} could hold it in {his} arms.'],
    ['[DAY], {he} climbed the highest rock {he} could find and stretched as far as {he} could. But the {T} was as far away as ever.',
     '~{he} jumped, and {he} jumped again, until {he} slipped and fell.|{he} stood there for hours, until {he} was cold and tired.', '~"I will never reach the {T}," said {H}[ sadly|].'],
    ['MET', '~ASKED', '"I wanted to touch the {T}," said {H}, "but it is too far away."',
     '"[Nobody can hold the {T}|The {T} is far away for all of us]," said {F}, "[but it belongs to everyone who looks up|but it shines for all who love it]. Come and sit with me."',
     'So {H} and {F} sat down side by side. {H} looked up at the {T}, and {view}.'],
    ['[For a long time|Until late|That day], {H} and {F} {joy}.', 'END_SKY'],
]

VANISHED = [
    ['OPENING', 'Nothing in the world was dearer to {H} than the {adj_T}[, for {view}|].|{H} loved the {adj_T}. [Whenever {he} saw it, {he} felt happy.|When {he} was sad, the {T} made {him} glad again.]'],
    ['But [DAY], {he} looked up and the {T} was not there. It {gone}.|But then the {T} {gone}, and {H} could not find it anywhere.',
     '{H} waited and wished for the {T} to come back.|"Come back, dear {T}," called {H}, but nothing happened.', '~[{he} felt sad and alone.|A tear ran down {his} cheek.|]'],
    ['MET', '~ASKED', '"The {T} is gone, and I miss it," said {H}.|"I have lost my {T}," said {H}. "It may never come back."',
     '"[It is not gone for good|It always comes back|Have a little patience]," said {F}. "[I will wait with you|Waiting is easier for two]."',
     'So {H} and {F} waited side by side and [told each other stories|sang old songs|shared some bread and cheese]. [And at last|And then, all at once], {back}!'],
    ['{H} and {F} {joy}[ until it was late|, and they were very happy|].', 'END_SKY'],
]

TWO_SHELTER = [
    ['OPENING', 'Not far away, {fhome}, lived {a_friend} with {ftrait}.', '{H} wished for a friend, and so did {F}, but both were too shy to speak.'],
    ['[DAY], the sky turned black, and a great storm began. {H} ran to a little hut and crept inside, cold and wet.',
     'There, in the corner, sat {F}. [For a while nobody spoke.|At first {H} did not know what to say.] [The thunder boomed, and both of them jumped.|]'],
    ['"Are you afraid too?" asked {H}. "[A little|Very much|Only of the thunder]," said {F}. "But it is better with two."',
     'So {H} and {F} sat close together and told stories until the rain stopped.|{H} told {F} a funny story, and soon they forgot the storm.|{F} shared {fhis} bread with {H}, and {H} told stories until the sky was clear.'],
    ['When the sun came out, {H} and {F} [walked home together|jumped in every puddle on the way home|danced in the wet grass].', 'END_TWO'],
]

TWO_RACE = [
    ['OPENING', '{his} neighbour was {a_friend} with {ftrait}.', '{H} wished to be the fastest of all, and so did {F}.', '~"I am faster than you," said {H}. "No, I am faster," said {F}.'],
    ['[DAY], they decided to race [to the old gate|round the fields|to the end of the lane]. "One, two, three!" they called, and off they went.',
     'First {H} was ahead, and then {F} was ahead. But [near the end|half way|at the last bend], {F} [tripped over a root|stepped on a sharp thorn|slipped in the mud] and fell down.'],
    ['{H} could have won. [But {he} stopped and turned back|But {he} heard {F} cry out, and {he} ran back]. "[Are you hurt|Can you stand]?" asked {H}. "[Lean on me|I will help you]."',
     '~Slowly, side by side, {H} and {F} went on, and they crossed the line at the very same time.'],
    ['"Nobody has won," said {F}. "[We have both won|I have won a friend]," said {H}, and they laughed.', 'END_TWO'],
]

TWO_SNOW = [
    ['OPENING', '{his} friend was {a_friend}, who lived {fhome}.', 'It was winter, and {H} wished to see {F} again.|{H} wished to visit {F}, for it had been a long, cold winter.'],
    ['[DAY], {he} set off. But it began to snow, and soon the whole world was white. {H} could not see the path any more.'],
    ['At home, {F} looked out of the window. "[{^H} should be here by now|Something must have happened to {H}]," {fhe} said. {F} [took a warm cloak|put on a thick cloak] and went out into the storm.',
     '~"[Where are you|Can you hear me]?" called {F}. "[Here|Over here]!" called {H}, as loudly as {he} could.',
     'At last {F} found {H}, put the cloak around {him} and led {him} home.'],
    ['They sat by the fire and drank hot soup. "You came to look for me," said {H}. "That is what friends do," said {F}.', 'END_TWO'],
]

TWO_BERRIES = [
    ['OPENING', '{fhome} lived {a_friend}.|Close by lived {a_friend} with {ftrait}.', '{H} wished for sweet berries more than for anything else, and so did {F}.'],
    ['[DAY], they both came to the last bush of berries. "[These are mine|I was here first]!" said {H}. "No, [I was here first|they are mine]!" said {F}.',
     'They argued so long that [dark clouds came up and heavy rain began to fall|a strong wind sprang up and shook the bush]. Half of the berries [fell into the mud|were washed away].'],
    ['{H} looked at {F}, and {F} looked at {H}. "[How silly we were|We were both wrong]," said {H}. "[There were enough for two|Let us share what is left]."',
     '~So {H} picked berries from one side and {F} from the other, and [they put them all in one heap|they shared them equally]. {F} gave {H} the ripest one, and {H} gave it back.'],
    ['[They ate until they were full|They baked a tart with the rest|They sat in the grass and ate], and the berries had never tasted so good.', 'END_TWO'],
]

TWO_HOUSE = [
    ['OPENING', '{H} wished for nothing more than a warm and quiet winter.|All {he} wished for was a safe place to sleep.'],
    ['But [DAY], a storm came and blew {his} home to pieces. {H} stood in the rain and did not know where to go.',
     'Then {a_friend} came by. {F} had {ftrait} and a kind smile. "[You can stay with me|Come home with me]," said {F}, "[until we have built you a new home|and tomorrow we will build you a new home]."'],
    ['The next day {H} and {F} set to work. {H} [carried the wood|gathered straw and moss|dug the floor], and {F} [built the walls|made the roof|cut the door].[ When {H} was tired, {F} sang a merry song.| When {F} was tired, {H} told a joke.||]',
     'At last the new home was ready, and it was [warmer|finer|stronger] than the old one.'],
    ['~"How can I thank you?" asked {H}. "[Come and see me every day|Just be my friend]," said {F}.', 'END_TWO'],
]

TWO_NOISE = [
    ['OPENING', '{H} wished to sleep, but every night {he} heard a strange noise.|Every night {H} wished for quiet, but a strange noise kept {him} awake.'],
    ['"[Hoo, hum, hoo|Boom, ba, boom|La, lum, lee]," it went. {H} pulled the covers over {his} head. [Was it a ghost?|Was it a monster?] {he} was very afraid.',
     'But [DAY], {he} had had enough. {H} took all {his} courage and followed the noise through the dark.'],
    ['And what did {he} find? It was {a_friend} with {ftrait}, [singing to the night sky|practising a song for a feast|humming to keep from feeling lonely].',
     '"[Did I wake you|Was I too loud]?" asked {F}. "[I am so sorry|Please forgive me]." {H} began to laugh. "[I thought you were a monster|And I was so afraid of you]!" {he} said.',
     '~"[Sing with me|Come and sing too]," said {F}. So {H} sang high and {F} sang low, and it sounded [lovely|very fine].'],
    ['After that, {H} and {F} sang together every evening, and at night they both slept soundly.', 'END_TWO'],
]

TWO_GIFTS = [
    ['OPENING', '{his} best friend was {a_friend} with {ftrait}.', '{H} wished to make {F} happy. "I will make a surprise," {he} thought.'],
    ['For days {H} worked in secret and did not go to see {F}. And {F} did not come to see {H}. "[Has {F} forgotten me|Does {F} not like me any more]?" thought {H}.',
     '[DAY], {H} took the surprise and knocked at the door of {F}. But nobody was at home! {H} walked back slowly.'],
    ['And there, in front of {his} own door, stood {F}, with a parcel. "[I was looking for you|I have been to see you]!" [said|cried] {H}. "And I was looking for you!" said {F}.',
     '{H} had made [a honey tart|a warm shawl|a song], and {F} had made [a honey tart|a string of paper stars|a funny poem] as well. They laughed until their sides hurt.'],
    ['END_TWO'],
]

# which plots fit which kind of subject
PLOTS = {
    'small': [MENDED, LOST, RETURNED, USED, USED, QUARREL, GIFT],
    'big': [MENDED, USED],
    'food': [SHARED_FOOD, SHARED_FOOD, FOOD_USED, FOOD_GIFT],
    'place': [JOURNEY, REPAIRED, AFRAID, SECRET],
    'public': [JOURNEY, REPAIRED, AFRAID],
    'sky': [REACHING, VANISHED],
    'plain': [LOST, RETURNED, QUARREL, GIFT],
    'two': [TWO_SHELTER, TWO_RACE, TWO_SNOW, TWO_BERRIES, TWO_HOUSE, TWO_NOISE, TWO_GIFTS],
}

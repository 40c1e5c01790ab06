"""The words of the stories: animals, things, places, things of the sky, names; with each, the facts that make a story about it make sense.

Every fact is a piece of a sentence, marked up as plots.py describes: {H} is the hero ("the fox"), {F} the friend, {he}, {his}, {him} the hero's
pronouns, {fhe}, {fhis}, {fhim} the friend's. Nothing here may name another animal of the list: corpus.py checks every story for that.
"""

# animal | home, after "lived" | a trait, after "with"
ANIMALS = """
fox | in a warm den under the roots | a bushy red tail
owl | in a hollow trunk | round golden eyes
mouse | in a hole behind the kitchen wall | tiny pink ears
bear | in a cave full of dry leaves | thick brown fur
rabbit | in a burrow among the ferns | long soft ears
hedgehog | in a nest of leaves | a coat of prickles
badger | in a deep burrow with three rooms | a striped face
squirrel | high up among the branches | a fluffy tail
deer | at the edge of the woods | long thin legs
wolf | among the grey rocks | a silver coat
cat | in a house with a blue door | soft white whiskers
dog | in a small house by the road | a wagging tail
duck | in the tall reeds | bright yellow feet
goose | on a little farm | a long white neck
hen | in a snug little house of planks | speckled feathers
frog | on a big green leaf | shiny green skin
toad | under a mossy stone | a deep, slow voice
otter | in a muddy bank | a sleek brown coat
beaver | in a house of sticks | strong front teeth
mole | in a tunnel under the grass | velvet fur
robin | in a nest in the hedge | a round red chest
sparrow | under the roof of a shop | quick little wings
crow | at the top of a tall pine | shiny black feathers
swan | among the white lilies | snow-white wings
goat | on a steep slope | two curly horns
lamb | in a field of clover | curly white wool
pony | in a stable that smelled of hay | a long brown mane
donkey | in an old stone stable | long grey ears
cow | in a field of daisies | big brown eyes
pig | in a sty with a straw bed | a curly tail
turtle | on a sunny bank | a green and yellow shell
snail | under a cabbage leaf | a curly shell
lion | on the wide yellow plain | a great golden mane
tiger | in the deep jungle | dark stripes
elephant | at the edge of the jungle | big grey ears
monkey | in the tops of the palms | a long curly tail
giraffe | among the tall thorn bushes | a very long neck
zebra | on the grassy plain | black and white stripes
panda | in a grove of bamboo | black patches round the eyes
koala | in the fork of a gum | a soft grey nose
kangaroo | in a land of red sand | a deep pocket
penguin | on the white ice | a smart black coat
seal | on a smooth rock by the waves | big dark eyes
camel | where the sand is warm | a single hump
parrot | in a house full of songs | bright green wings
raccoon | in an empty barrel | a black mask
hamster | in a box of soft wool | round cheeks
kitten | in a basket by the stove | a tiny soft nose
puppy | in a basket under the stairs | floppy ears
butterfly | among the blue bells of spring | bright orange wings
bee | in a golden house of wax | a fuzzy striped coat
ant | under a flat stone | six quick legs
dragon | in a cave behind a waterfall | scales as green as grass
unicorn | in a silver wood | a shining horn
"""

# thing | adjectives | need, what the friend is in | solve, what the hero does with the thing | fault, of "it" | fix, by both | joy, what both do with it
SMALL_THINGS = """
lantern | little brass, red, bright, old | was lost in the dark woods and could not see the path | held the lantern high, and its light showed every root and stone | its glass was cracked | fitted a new pane of glass | told stories in its warm light
candle | white, tall, tiny | sat alone in a dark cellar and was afraid | lit the candle, and the shadows ran away | its wick was wet | dried the wick by the fire | watched its small flame dance
lamp | copper, green, little | could not finish {fhis} letter because the evening was so dark | set the lamp on the table, and the whole room glowed | it had no oil left | filled it with sweet oil | read by its gentle glow
key | golden, rusty, small silver | was locked out of the house in the rain | turned the key in the lock, and the door swung open | it was brown with rust | rubbed it with oil until it shone | opened every old box in the attic
map | faded, folded, secret | had lost the way home | opened the map and found the right road | one corner was torn off | drew the missing corner with care | followed its lines to new places
rope | long, strong, thick | had fallen into a deep hole | let down the rope and pulled with all {his} strength | it was full of knots | untied every knot | played on a swing made with it
basket | round, woven, yellow | had spilled all the berries on the road | gathered every berry into the basket | its handle was broken | wove a new handle from reeds | filled it with ripe berries
bell | silver, little, brass | was lost in the thick fog | rang the bell again and again until {F} found the way | it made no sound | tied a new clapper inside it | rang it merrily
umbrella | striped, big blue, purple | was shivering in the cold rain | opened the umbrella and made room for two | it had a hole in the top | sewed a patch over the hole | walked under it in the rain
compass | shiny, brass, small | did not know which way was north | looked at the compass and pointed the way | its needle was stuck | cleaned the needle until it moved | went exploring with it
spoon | wooden, long, silver | had a big pot of soup but nothing to stir it with | stirred the soup with the spoon until it was ready | its handle was split | bound the handle with string | cooked soup with it
bucket | blue, tin, little | had a fire in the hay and nothing to put it out with | filled the bucket with water and put out the fire | it had a leak | plugged the leak with wax | carried water to the flowers with it
hammer | small, heavy, old | had a roof that let in the rain | took the hammer and nailed down every loose board | its head was loose | fixed the head with a wedge | built all kinds of things with it
needle | sharp, thin, silver | had torn {fhis} warm coat | took the needle and sewed up the tear | it was dull | made it sharp on a stone | sewed bright little flags with it
button | red, round, shiny | had a coat that would not close in the cold wind | sewed the button onto the coat, and it closed at last | it was covered in mud | washed it until it shone | spun it on the table
ribbon | blue, long, silky | could not keep {fhis} papers together in the wind | tied the papers up with the ribbon | it was dirty and creased | washed it and smoothed it flat | danced with it in the breeze
mirror | round, little, oval | believed that {fhe} was the ugliest creature in the land | held up the mirror, and {F} saw a kind and lovely face | it was black with dust | wiped away the dust | made funny faces in it
clock | wooden, ticking, little | was always late and missed every party | set the clock to ring, and {F} was on time at last | it had stopped ticking | cleaned every tiny wheel | listened to it tick
book | thick, old, blue | was sick in bed and very bored | opened the book and read aloud from the first page to the last | three pages were missing | wrote the missing pages anew | read from it
letter | long, pale, kind | thought that nobody ever thought of {fhim} | brought out the letter and read its kind words aloud | the rain had blurred its words | wrote the words again in clear ink | read it again by the fire
drum | little, red, loud | was lost in the deep snow and could not be seen | beat the drum until {F} heard it and followed the sound | its skin was torn | stretched a new skin over it | marched to its beat
flute | wooden, silver, slender | could not fall asleep at night | played a soft song on the flute until {F} closed {fhis} eyes | one of its holes was blocked | blew the dust out of it | played merry tunes on it
whistle | tin, shiny, small | was stuck on a rock as the tide came in | blew the whistle until a sailor came with help | it was full of sand | shook out the sand and rinsed it clean | played a game of calls with it
fiddle | brown, old, sweet | had a birthday party with no music | played the fiddle until everyone danced | one string was broken | fitted a new string | danced to its tunes
trumpet | golden, bright, little | was stuck on the roof while the flood was rising | blew the trumpet so loudly that all the neighbours came to help | it was dented | tapped the dent out of it | played cheerful songs on it
hat | tall, green, straw | had a sore head from the hot sun | put the hat on {F}, and its shade was cool and kind | its brim was torn | sewed the brim back on | took turns wearing it
scarf | woolly, long, red | had a cold and a sore throat | wrapped the scarf round {F} until {fhe} was warm | a thread had come loose | knitted the loose end back in | wore it together, one at each end
coat | warm, patched, brown | was caught in the snow with nothing to wear | laid the coat over {F}, and the shivering stopped | its pocket was torn | stitched the pocket up | sat under it in the cold
blanket | soft, striped, woolly | had lost {fhis} bed in the storm | spread the blanket over {F} and sat beside {fhim} all night | it had a big hole in it | sewed a bright patch over the hole | had picnics on it
pillow | soft, feather, plump | had nothing but a hard stone to sleep on | gave {F} the pillow, and {fhe} slept like a baby | its stuffing had come out | stuffed it with fresh hay | took long naps on it
teapot | round, painted, blue | came in from the cold with wet feet | filled the teapot and poured a hot cup of tea | its lid was missing | carved a new lid of wood | drank tea from it
cup | little, white, painted | was thirsty after the long climb | filled the cup with cool water and brought it to {F} | its handle had come off | glued the handle back on | drank warm milk from it
coin | golden, old, shiny | did not have enough to pay for bread | gave the coin to the baker, and {F} had bread for a week | it was black with age | polished it until it gleamed | tossed it to see who went first
ring | golden, tiny, plain | had sold {fhis} only treasure to buy food | gave the ring to the shopkeeper and bought the treasure back | its stone had fallen out | found the stone and set it back in | admired it in the sun
pearl | white, shining, smooth | had lost all hope of seeing anything beautiful again | held out the pearl, and it shone like a drop of moonlight | it was covered in sticky tar | washed it clean in warm water | watched it shine in the dark
feather | white, long, blue | wanted to write a letter but had no pen | cut the feather to a point and dipped it in ink | it was bent and muddy | washed it and smoothed it straight | wrote poems with it
shell | pink, curly, white | missed the sea so much that {fhe} could not smile | held the shell to {fhis} ear so that {fhe} could hear the waves | it was full of sand | rinsed it in clear water | listened to the waves in it
stone | smooth, round, speckled | had a door that banged in the wind all night | rolled the stone against the door, and all was quiet | it was covered in mud | washed it until its colours showed | painted bright pictures on it
ball | red, bouncing, little | was too sad to play with anyone | rolled the ball to {F}, and {F} rolled it back | all the air had gone out of it | pumped it full of air | played catch with it
kite | red, paper, blue and white | was stuck on an island and could not call for help | sent up the kite with a message on its tail | its tail was torn | tied on a new tail of ribbons | flew it over the hill
paintbrush | soft, fine, little | had a grey house that made everyone sad | dipped the paintbrush in yellow and painted the whole front wall | its bristles were stiff | soaked it until it was soft | painted pictures with it
pencil | yellow, short, sharp | had forgotten the way to the market | took the pencil and drew a clear little plan of the way | its tip had snapped | sharpened it again | drew pictures with it
broom | wooden, tidy, old | had a house full of dust after the storm | took the broom and swept the whole house clean | its straw was loose | tied the straw on tightly | swept the yard and sang
box | wooden, small, painted | had no safe place for {fhis} treasures | gave the box to {F}, and every treasure fitted inside | its lid was stuck | eased the lid open with soap | kept their treasures in it
bottle | green, glass, little | was alone on a far shore and longed to send a message | put the message in the bottle and let the waves carry it home | its cork was gone | cut a new cork for it | sent messages in it
mitten | woolly, red, warm | had hurt {fhis} foot in the ice | pulled the mitten over the sore foot and kept it warm | it had a hole in the thumb | darned the hole with red wool | wore it in turns in the snow
balloon | red, round, big | was in bed on {fhis} birthday and could not come out to play | tied the balloon to the bed, and {F} laughed out loud | its string had come off | tied on a new string | let it dance in the wind
telescope | long, brass, old | was waiting for a ship and could not see it | looked through the telescope and saw the ship far away | its lens was loose | screwed the lens back in | looked at the stars through it
magnet | red, strong, little | had dropped {fhis} iron keys down a drain | hung the magnet on a string and drew the keys up | it was covered in rust | scrubbed away the rust | fished for lost nails with it
toy | wooden, painted, small | had a baby who would not stop crying | gave the toy to the baby, and the crying turned into giggles | one of its wheels was missing | made it a new wheel | played with it on the floor
acorn | brown, little, shiny | was sad because the old oak had fallen | planted the acorn in the very same spot | it was dry and dusty | put it in water overnight | rolled it down the slope
seed | tiny, brown, strange | had a bare yard where nothing grew | planted the seed, and a green shoot came up | it was stuck in hard clay | loosened the clay around it | talked about what it would become
"""

# the same fields; these are too big to drop, to lose or to wrap up
BIG_THINGS = """
boat | little, green, wooden | was stuck on a rock in the middle of the water | rowed the boat out and brought {F} back to the shore | it had a hole in its side | nailed a plank over the hole | sailed it with the wind
raft | flat, wooden, little | was cut off by the flood | pushed the raft across the flood and took {F} aboard | its logs were coming apart | tied the logs together | floated on it in the sun
cart | yellow, wooden, small | had more pumpkins than {fhe} could carry | loaded the pumpkins on the cart and pulled it to market | one wheel had come off | put the wheel back on | rode down the lane in it
wagon | red, big, old | had to move to a new house far away | packed every chair and pot into the wagon | its axle was broken | carved a new axle | took a long trip in it
sled | fast, blue, wooden | was too tired to walk home through the snow | sat {F} on the sled and pulled it all the way home | one runner was bent | straightened the runner | raced down the snowy slope on it
ladder | tall, wooden, old | was stuck on the roof and too scared to jump | set the ladder against the wall and called {F} down | two rungs were missing | cut two new rungs | climbed it to watch the sunset
chair | wooden, rocking, little | had a sore leg and could not stand | brought the chair and helped {F} to sit down | one leg was broken | made it a strong new leg | took turns resting in it
bed | soft, small, warm | had walked all night and was ready to drop | gave {F} the bed and tucked {fhim} in | its legs were wobbly | made its legs steady | jumped on it and laughed
wheel | big, wooden, round | had a wagon that could not move | rolled the wheel over and fitted it to the wagon | one spoke was cracked | carved a new spoke | rolled it down the lane
snowman | tall, smiling, round | was the only one on the hill and felt lonely | turned the snowman round so that it smiled at {F} | its nose had fallen off | gave it a new nose | danced around it
"""

# food | adjectives | need | solve | joy
FOODS = """
apple | red, shiny, sweet | had not eaten since the day before | cut the apple in two and gave {F} the bigger half | ate it under a shady branch
pear | yellow, ripe, juicy | was too weak to walk any farther | fed {F} the pear, bite by bite | ate it and licked the juice
pie | warm, sweet, cherry | had come home to an empty kitchen | set the pie on the table and cut a large slice | ate it while it was warm
cake | round, chocolate, little | thought that everyone had forgotten {fhis} birthday | brought out the cake and sang a birthday song | ate it to the last crumb
pumpkin | fat, orange, huge | had nothing to cook for the winter feast | rolled in the pumpkin and made a great pot of soup | ate soup made from it
carrot | crunchy, orange, long | had a garden that had been washed away by the rain | broke the carrot in half and shared it | crunched it together
cookie | crisp, round, sweet | had fallen and was crying | broke the cookie in two, and {F} stopped crying | nibbled it slowly
loaf | fresh, brown, warm | had been on the road for three days without bread | cut the loaf into thick slices | ate it with butter
egg | white, speckled, warm | had no breakfast and a long day ahead | boiled the egg and put it on a little plate | ate it with salt
strawberry | sweet, red, ripe | had never tasted anything sweet | gave the strawberry to {F} and watched {fhim} smile | ate it in tiny bites
"""

# place | adjectives | preposition | view, a clause | trouble, a clause | fix, by both | after, a clause | fear, a clause | joy, done there by both
PLACES = """
river | wide, cold, blue | by | its water flashed like silver | a fallen log had blocked its water | rolled the log away | the water ran free again | its water was deep and loud | skipped pebbles across it
lake | calm, wide, deep | by | the clouds swam in it like white ships | its shore was covered in litter | picked up every scrap of litter | its shore was clean again | nobody knew how deep it was | swam there in the sun
pond | small, green, quiet | by | lilies floated on it like little plates | weeds had grown all over it | pulled out the weeds | the water was clear again | strange bubbles rose from it | watched the ripples there
bridge | old, stone, narrow | on | the water sang far below it | two of its boards had broken | nailed down two new boards | everyone could cross again | it swayed and creaked in the wind | sat there with their feet hanging down
hill | green, steep, round | on | the whole valley lay spread out below it | a big rock had rolled across its path | pushed the rock aside | the path to the top was open again | it was so steep and so high | rolled down it in the grass
mountain | tall, snowy, blue | on | the clouds were below and the sky was close | a slide of stones had covered its trail | cleared the stones one by one | the trail was open again | its top was lost in dark clouds | watched the sun rise there
tower | tall, grey, round | in | its windows looked out over the whole world | its stairs had fallen in | built the stairs again | everyone could reach the top again | the wind howled in it at night | looked out of its highest window
cave | deep, dark, cool | in | crystals glittered on its walls | stones had fallen across its mouth | carried the stones away | light came in again | it was as black as ink inside | listened to the echo there
garden | sunny, walled, little | in | roses climbed over its wall | its flowers had dried up in the heat | carried water to every root | the flowers lifted their heads again | thorns grew all around it | picked flowers there
well | old, deep, stone | by | its water tasted of snow and stone | its water had turned muddy | cleaned it out to the bottom | the water was sweet again | a strange voice seemed to call from it | drank its cool water
forest | deep, green, old | in | the light fell through the leaves like gold | the storm had broken many branches | cleared the branches from the paths | songs were heard there once more | it was dark and full of noises | gathered nuts there
meadow | wide, sunny, green | in | a thousand flowers nodded in the breeze | it had not rained there for weeks | dug a little ditch to bring it water | the grass turned green again | the grass was so tall that one could get lost | made daisy chains there
castle | old, white, great | in | its halls were bright with painted glass | its gate had fallen off | hung the gate again | the gate stood proud again | people said that it was haunted | played king and queen there
lighthouse | tall, white, lonely | in | its beam swept over the dark waves | its great lamp had gone out | lit the great lamp again | the ships could find their way again | the waves crashed all around it | watched the ships from it
island | tiny, far, green | on | its sand was as white as sugar | the storm had washed away its only path | laid stepping stones in the shallow water | everyone could visit it again | it stood so far out in the water | built castles of sand there
mill | old, wooden, busy | in | its great wheel turned and splashed | its wheel had stopped turning | pulled the weeds out of the wheel | the wheel turned again | it rumbled and groaned like a giant | baked fresh bread there
barn | big, red, old | in | specks of dust danced in the sunlight | the wind had torn a hole in its roof | mended the roof with new boards | it was warm and dry again | it was full of creaks and shadows | jumped in the hay there
beach | sandy, long, golden | on | the waves left lace upon the sand | driftwood lay all over it | stacked the driftwood in a pile | it was smooth and clean again | the waves roared so loudly there | built castles of sand there
waterfall | high, white, roaring | by | a little rainbow hung in its spray | the path to it was slippery with mud | laid flat stones on the path | the path was safe again | it roared like thunder | let the spray cool their faces
tree | tall, old, crooked | under | its leaves whispered like the sea | its leaves were dry and yellow | dug around its roots and gave it water | its leaves were green again | its branches looked like long fingers | rested in its shade
oak | great, old, mighty | under | its branches were as wide as a house | ivy had wrapped itself tightly around it | pulled the ivy away | it could breathe again | its hollow was dark and deep | swung from its lowest branch
flower | blue, small, golden | beside | its petals shone as if they were lit from inside | it was bent by the heavy rain | tied it to a little stick | it stood straight again | it grew at the very edge of a cliff | smelled its sweet scent
rose | red, white, pale | beside | its scent filled the evening air | weeds were growing all around it | pulled out the weeds | it opened its petals again | its thorns were as sharp as pins | sat beside it and told stories
"""

# the same fields; places where others are, which cannot be a secret
PUBLIC_PLACES = """
village | quiet, snowy, little | in | smoke curled up from every chimney | snow had covered all its doors | shovelled the snow away | every door was open again | it was full of strangers | sang songs in its square
market | noisy, bright, busy | in | there were silks and plums and shining pots | the wind had blown over all its stalls | set up every stall again | the stalls were full again | it was so crowded and so loud | tasted honey there
school | little, white, new | in | pictures hung on all its walls | its window had been broken by the hail | put in a new window | it was snug again | everyone there seemed so big and clever | learned to read there
train | long, green, shiny | on | its windows glowed like a string of lamps | its wheels were frozen to the rails | thawed the wheels with warm water | it puffed away again | it hissed and whistled and shook the ground | looked out of its windows
ship | tall, proud, white | on | its sails were full of wind | its sail was ripped from top to bottom | sewed the sail together | it was ready for the sea again | it rocked and groaned on the waves | sang songs of the sea there
"""

# thing of the sky | article | adjectives | view, a clause | gone, what had happened to it | back, it came back | joy
SKY = """
moon | the | round, silver, bright | it hung over the roofs like a silver plate | had hidden behind thick black clouds | the moon came out, rounder than ever | sat in its pale light
star | a | bright, little, golden | it twinkled as if it were winking | had stopped twinkling | the star began to twinkle again | said good night to it
cloud | a | white, fluffy, little | it drifted along like a ship of wool | had drifted away behind the hills | the cloud came floating back | guessed what shape it would take next
rainbow | a | bright, wide, wonderful | it stood over the fields in seven colours | had faded before anyone could reach it | the rainbow came back after the next rain | counted its seven colours
sun | the | warm, golden, bright | it made the whole valley glow | had not shone for many grey days | the sun broke through at last | lay in its warm light
"""

# Things of which a story knows nothing but the name: they teach the model to take the subject from the question.
PLAIN_THINGS = """
sock, shoe, boot, glove, necklace, bracelet, crown, medal, flag, banner, notebook, diary, postcard, stamp, envelope, painting, puzzle, marble, yo-yo, whisk, kettle,
plate, bowl, fork, jar, pot, pan, tray, vase, flowerpot, watering can, rake, shovel, spade, net, hook, fishing rod, paddle, oar, anchor, bead, diamond, emerald, ruby,
crystal, lens, magnifying glass, watch, hourglass, thimble, thread, cushion, quilt, curtain, carpet, rug, towel, sponge, comb, hairbrush, fan, mask, puppet, doll,
slipper, apron, cap, helmet, shield, wand, harp, guitar, piano, banjo, tambourine, horn, music box, harmonica, radio,
telephone, camera, robot, rocket, bicycle, scooter, lollipop, muffin, pancake, sandwich, plum, peach, lemon, melon, walnut, chestnut, pinecone, mushroom, leaf, twig
"""

# Animals beyond the list, for the same purpose; they take the common home and trait of corpus.py.
PLAIN_ANIMALS = """
horse, sheep, chicken, rooster, turkey, pigeon, dove, eagle, hawk, falcon, heron, stork, pelican, seagull, woodpecker, nightingale, magpie, lark, ostrich,
flamingo, peacock, rat, weasel, ferret, stoat, hare, moose, reindeer, elk, bison, buffalo, antelope, gazelle, leopard, cheetah, jaguar, panther, lynx, hippo, rhino,
gorilla, lemur, sloth, armadillo, anteater, skunk, opossum, chipmunk, gecko, lizard, snake, crocodile, alligator, tortoise, newt, crab, lobster, whale, dolphin, shark,
octopus, walrus, fish, salmon, caterpillar, beetle, ladybug, cricket, grasshopper, spider, dragonfly, firefly, moth, worm, llama, alpaca, yak, wombat, platypus, emu
"""

GIRLS = """Fern Luna Mia Poppy Hazel Ruby Daisy Ivy Olive Nora Willow Clara Rosie Maple Tilly Bella Wren Juniper Pearl Lily Elsa Dora Greta Hetty Ida June Kira Lotte
Mabel Nell Opal Penny Quilla Sunny Tess Una Vera Winnie Zoe Anna""".split()
BOYS = """Finn Oliver Leo Max Toby Oscar Felix Hugo Jasper Milo Otto Rufus Sam Theo Barnaby Benny Casper Dexter Edgar Fred George Harold Ivan Jack Kip Louie Monty Ned
Pip Quentin Rory Stanley Tom Ulf Victor Walter Yuri Alfie Bruno Cedric""".split()


def rows(text):
    """The fields of each line of a table."""
    return [[field.strip() for field in line.split('|')] for line in text.strip().splitlines()]


def listed(text):
    return [word.strip() for word in text.replace('\n', ' ').split(',') if word.strip()]

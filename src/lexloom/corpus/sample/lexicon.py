"""The words of the sample language, by kind and in all forms, the most frequent first.

Regular forms are derived. Irregular forms are written out, separated by slashes. Each entry is one object;
entries are compared by identity.
"""

from dataclasses import dataclass

NUMBERS = ("singular", "plural")
TENSES = ("present", "past")


@dataclass(frozen=True, eq=False)
class Noun:
    """A noun. Nouns of the same `family`, such as king and queen, prefer the same words."""

    family: str
    kind: str
    gender: str
    singular: str
    plural: str

    def form(self, number: str) -> str:
        """Return the form for a grammatical number."""
        return self.singular if number == "singular" else self.plural


@dataclass(frozen=True, eq=False)
class Verb:
    """A verb; its `group` determines the possible subjects and objects."""

    group: str
    singular: str
    plural: str
    past: str

    def form(self, number: str, tense: str) -> str:
        """Return the form that agrees with a subject of that number, in that tense."""
        return self.past if tense == "past" else self.singular if number == "singular" else self.plural


@dataclass(frozen=True, eq=False)
class Adjective:
    """An adjective; `comparative` is empty if the sample language does not use it."""

    group: str
    plain: str
    comparative: str = ""


@dataclass(frozen=True, eq=False)
class Country:
    """A country, its capital and its adjective."""

    name: str
    capital: str
    adjective: str


# male/female, each with its plural if that is irregular: man:men/woman:women
_COUPLES = """
man:men/woman:women king/queen boy/girl father/mother brother/sister husband/wife:wives son/daughter
prince/princess uncle/aunt actor/actress grandfather/grandmother duke/duchess waiter/waitress lord/lady
nephew/niece emperor/empress wizard/witch hero/heroine monk/nun count/countess
"""
_NOUNS = {
    "person": """
        doctor teacher farmer soldier student singer painter lawyer writer driver captain sailor baker
        dancer priest miner hunter miller gardener carpenter poet clerk dentist butcher tailor surgeon
        jeweller shepherd weaver juggler
        """,
    "animal": """
        cat dog horse bird cow lion wolf:wolves mouse:mice fox rabbit tiger goat monkey bear chicken
        goose:geese elephant camel donkey eagle frog hawk owl turtle snake beaver badger otter pelican
        hedgehog squirrel lizard
        """,
    "food": """
        apple cake egg potato tomato pear soup sandwich cheese onion pie carrot cherry peach lemon
        banana biscuit sausage melon pancake noodle mushroom olive cucumber pumpkin apricot pudding
        walnut radish turnip dumpling waffle
        """,
    "thing": """
        book car table chair letter knife:knives lamp box clock door picture boat bottle basket mirror
        ladder carpet kettle umbrella violin candle hat blanket pencil bucket scarf:scarves drum spoon
        shovel necklace helmet lantern
        """,
    "place": """
        house garden city river forest school market street church castle island hotel bridge village
        harbour museum library theatre bakery factory temple tower stable orchard
        """,
}
_NAMES = {
    "male": "john peter paul james thomas henry robert daniel oscar simon felix hugo martin leo arthur",
    "female": "anna mary emma clara julia laura sarah alice nina helen rosa irene martha lucy sophie",
}
_COUNTRIES = """
france/paris/french italy/rome/italian germany/berlin/german spain/madrid/spanish england/london/english
russia/moscow/russian japan/tokyo/japanese china/beijing/chinese greece/athens/greek
egypt/cairo/egyptian austria/vienna/austrian poland/warsaw/polish portugal/lisbon/portuguese
sweden/stockholm/swedish norway/oslo/norwegian ireland/dublin/irish hungary/budapest/hungarian
finland/helsinki/finnish denmark/copenhagen/danish cuba/havana/cuban peru/lima/peruvian
kenya/nairobi/kenyan iraq/baghdad/iraqi nepal/kathmandu/nepalese chile/santiago/chilean
scotland/edinburgh/scottish
"""
# singular present, or singular/plural/past
_VERBS = {
    "move": """
        walks runs/run/ran sleeps/sleep/slept swims/swim/swam jumps sits/sit/sat waits dances climbs
        smiles sings/sing/sang hides/hide/hid falls/fall/fell yawns limps shivers wanders stumbles
        crawls hurries/hurry/hurried kneels/kneel/knelt
        """,
    "happen": """
        stands/stand/stood lies/lie/lay shines/shine/shone disappears vanishes burns breaks/break/broke
        remains glitters moulders
        """,
    "eat": """
        eats/eat/ate likes smells tastes swallows chews steals/steal/stole devours nibbles digests
        """,
    "use": """
        has/have/had buys/buy/bought sells/sell/sold makes/make/made finds/find/found loses/lose/lost
        opens carries/carry/carried repairs cleans paints keeps/keep/kept borrows throws/throw/threw
        dusts weighs hangs/hang/hung mends
        """,
    "perceive": """
        sees/see/saw hears/hear/heard watches follows knows/know/knew remembers fears avoids notices
        chases recognizes overlooks
        """,
    "meet": """
        loves meets/meet/met helps visits calls marries/marry/married thanks kisses trusts
        teaches/teach/taught hates greets invites warns praises comforts forgives/forgive/forgave
        betrays
        """,
    "say": """
        says/say/said thinks/think/thought believes hopes dreams claims doubts suspects
        denies/deny/denied
        """,
    "travel": """
        goes/go/went travels/travel/travelled comes/come/came drives/drive/drove sails flies/fly/flew
        rides/ride/rode returns
        """,
}

_ADJECTIVES = {
    "colour": "red white black green blue brown yellow grey golden pink silver purple",
    "character": """
        happy good clever sad brave angry quiet lazy proud hungry gentle shy polite greedy cruel honest
        jealous stubborn
        """,
    "quality": """
        beautiful new expensive famous fresh empty broken dirty strange useful ancient modern ordinary
        precious delicate
        """,
    "size": """
        big/bigger small/smaller old/older young/younger long/longer strong/stronger tall/taller
        heavy/heavier fast/faster slow/slower warm/warmer cold/colder rich/richer poor/poorer
        soft/softer thin/thinner
        """,
}
_ADVERBS = """
quickly slowly often quietly together carefully always loudly alone everywhere suddenly badly happily
sometimes gladly politely secretly rarely bravely clumsily
"""
_MOMENTS = {
    "present": "today now usually nowadays currently tonight",
    "past": "yesterday recently once earlier formerly previously",
}
_DETERMINERS = {
    "singular": "the this every one another each",
    "plural": """
        the some two many these all three several four few five ten six seven twelve eight nine twenty
        """,
}
_PREPOSITIONS = "in near at behind outside above below"
COPULAS = {
    ("singular", "present"): "is",
    ("plural", "present"): "are",
    ("singular", "past"): "was",
    ("plural", "past"): "were",
}
REFLEXIVES = {"male": "himself", "female": "herself", "neuter": "itself", "plural": "themselves"}
POSSESSIVES = {"male": "his", "female": "her", "neuter": "its", "plural": "their"}


def _noun(text: str, kind: str, gender: str, family: str | None = None) -> Noun:
    singular, _, plural = text.partition(":")
    return Noun(family or singular, kind, gender, singular, plural or _plural(singular))


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh", "o")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeou" else noun + "s"


def _verb(text: str, group: str) -> Verb:
    if "/" in text:
        return Verb(group, *text.split("/"))
    plain = text[:-2] if text.endswith(("ches", "shes", "sses")) else text[:-1]
    return Verb(group, text, plain, plain + ("d" if plain.endswith("e") else "ed"))


def _couples() -> list[tuple[Noun, Noun]]:
    pairs = [pair.split("/") for pair in _COUPLES.split()]
    return [
        (_noun(male, "person", "male"), _noun(female, "person", "female", male.partition(":")[0]))
        for male, female in pairs
    ]


COUPLES = _couples()
ADVERBS, PREPOSITIONS = _ADVERBS.split(), _PREPOSITIONS.split()
MOMENTS = {tense: words.split() for tense, words in _MOMENTS.items()}
DETERMINERS = {number: words.split() for number, words in _DETERMINERS.items()}
NOUNS = {
    kind: [_noun(text, kind, "either" if kind == "person" else "neuter") for text in words.split()]
    for kind, words in _NOUNS.items()
}
NAMES = [
    Noun(name, "person", gender, name, name) for gender, names in _NAMES.items() for name in names.split()
]
COUNTRIES = [Country(*text.split("/")) for text in _COUNTRIES.split()]
VERBS = {group: [_verb(text, group) for text in words.split()] for group, words in _VERBS.items()}
ADJECTIVES = {
    group: [Adjective(group, *text.split("/")) for text in words.split()]
    for group, words in _ADJECTIVES.items()
}

"""English words and what contradicts them.

In: nothing. Out: `ANTONYMS`, a table both ways. Knows nothing about what is made or checked with it.
"""

_PAIRS = """
first last; largest smallest; biggest smallest; highest lowest; most least; more fewer; more less; longest shortest;
oldest newest; oldest youngest; earliest latest; early late; earlier later; best worst; better worse; before after;
above below; over under; north south; northern southern; east west; eastern western; upper lower; inside outside;
increase decrease; increased decreased; increases decreases; rise fall; rose fell; grow shrink; grew shrank;
begin end; began ended; begins ends; start finish; started finished; started stopped; open close; opened closed;
support oppose; supported opposed; supports opposes; accept reject; accepted rejected; allow forbid;
allowed forbidden; allows forbids; win lose; won lost; gain lose; gained lost; create destroy; created destroyed;
build demolish; built demolished; cause prevent; caused prevented; causes prevents; include exclude;
included excluded; includes excludes; join leave; joined left; enter leave; entered left; arrive depart;
arrived departed; attack defend; attacked defended; succeed fail; succeeded failed; successful unsuccessful;
success failure; buy sell; bought sold; import export; imported exported; add remove; added removed; rich poor;
wealthy poor; public private; modern ancient; old new; young old; large small; big small; major minor; high low;
long short; strong weak; stronger weaker; hot cold; warm cool; wet dry; fast slow; faster slower; hard soft;
heavy light; deep shallow; wide narrow; common rare; popular unpopular; legal illegal; possible impossible;
important unimportant; positive negative; male female; men women; man woman; father mother; son daughter;
brother sister; king queen; husband wife; war peace; victory defeat; friend enemy; ally enemy; allies enemies;
advantage disadvantage; advantages disadvantages; benefit harm; similar different; same different; always never;
usually rarely; often rarely; frequently rarely; many few; all none; maximum minimum; majority minority; above beneath;
internal external; natural artificial; urban rural; domestic foreign; local foreign; summer winter; day night;
morning evening; live die; lived died; born died; birth death; remember forget; love hate; agree disagree;
agreed disagreed; encourage discourage; encouraged discouraged; approve disapprove; approved disapproved;
protect endanger; protected endangered; connect separate; connected separated; united divided; unite divide;
expand shrink; expanded contracted; improve worsen; improved worsened; easy difficult; easier harder; simple complex;
visible invisible; known unknown; famous obscure; official unofficial; direct indirect; permanent temporary;
former future; previous next; beginning end; top bottom; front back; left right; near far; closest farthest;
inner outer; primary secondary; senior junior; superior inferior; expensive cheap; cheapest costliest; full empty;
safe dangerous; guilty innocent; conservative liberal; victory loss; appointed dismissed; hired fired;
founded dissolved; established abolished; introduced withdrew; discovered lost; released withheld; admitted denied;
allowed prohibited; require forbid; required forbidden; considered dismissed; believed doubted; claimed denied;
praised criticized; favored opposed; borrowed lent; raised lowered; fastest slowest; strongest weakest;
richest poorest; good bad; true false; active inactive; mainly rarely; primarily rarely; only also
"""


def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for pair in _PAIRS.replace("\n", " ").split(";"):
        one, other = pair.split()
        table.setdefault(one, []).append(other)
        table.setdefault(other, []).append(one)
    return {word: tuple(dict.fromkeys(others)) for word, others in table.items()}


#: Word → its contradictions, lower case.
ANTONYMS = _table()

"""The offline illustrator: what it reads in a subject, and that its pictures are whole, clean and repeatable."""

import io
import re
import time

import pytest
from PIL import Image

from tools.errors import RejectedError
from tools.sketch import MODEL, draw, refusal, words_drawn
from tools.sketch.composition import compose
from tools.sketch.icons import load_icon
from tools.sketch.vocabulary import load_vocabulary

SUBJECTS = [
    "A lighthouse keeper feeds gulls before the storm",
    "How to brew pour-over coffee at home",
    "三个月学会早起：一个程序员的习惯实验",
    "中秋节的月饼和灯笼",
    "Why databases use write-ahead logs",
    "小城的菜市场",
    "A budget for your first apartment",
    "Renting versus buying a house",
    "宇宙飞船登陆火星",
    "金鱼为什么吐泡泡",
    "Sleep and memory",
    "Zzyzx qwrtp",
]
SIZES = [(1024, 1024), (768, 1344), (1344, 768), (256, 2048)]


def open_picture(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def picture(subject: str, *, width: int = 256, height: int = 256, seed: int = 1) -> Image.Image:
    return open_picture(draw(subject, width_px=width, height_px=height, seed=seed))


def ink_share(image: Image.Image) -> float:
    histogram = image.histogram()
    return sum(histogram[:128]) / sum(histogram)


def test_model_has_a_name() -> None:
    """Records can say who drew."""
    assert MODEL == "peitu-sketch-1"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_same_arguments_give_the_same_bytes(subject: str) -> None:
    """A picture can be made again from its record."""
    first = draw(subject, width_px=256, height_px=256, seed=7)

    assert first == draw(subject, width_px=256, height_px=256, seed=7)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_seeds_give_different_pictures(subject: str) -> None:
    """Four pictures of one subject are four pictures."""
    drawn = {draw(subject, width_px=256, height_px=256, seed=seed) for seed in range(4)}

    assert len(drawn) == 4


@pytest.mark.parametrize(("width", "height"), [*SIZES, (800, 600), (1024, 768), (1000, 500), (330, 480)])
def test_picture_has_the_size_asked_for(width: int, height: int) -> None:
    """The file is a PNG of exactly the width and height."""
    image = picture(SUBJECTS[0], width=width, height=height)

    assert ("PNG", (width, height)) == (image.format, image.size)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_picture_is_grey(subject: str) -> None:
    """No pixel has a color."""
    red, green, blue = picture(subject).convert("RGB").split()

    assert red.tobytes() == green.tobytes() == blue.tobytes()


@pytest.mark.parametrize("size", [(256, 256), (256, 448), (512, 256)])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_picture_has_ink_and_white(subject: str, size: tuple[int, int]) -> None:
    """A picture is neither blank nor black."""
    share = ink_share(picture(subject, width=size[0], height=size[1]))

    assert 0.008 < share < 0.3


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("size", [(256, 256), (256, 448), (448, 256)])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_margins_are_free_of_ink(subject: str, size: tuple[int, int], seed: int) -> None:
    """Nothing is cut off at the edges of the sheet."""
    width, height = size
    image = picture(subject, width=width, height=height, seed=seed)
    margin = round(min(size) * 0.03)
    edges = [
        (0, 0, width, margin),
        (0, height - margin, width, height),
        (0, 0, margin, height),
        (width - margin, 0, width, height),
    ]

    assert [255] * 4 == [image.crop(edge).getextrema()[0] for edge in edges]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("aspect", [1.0, 0.57, 1.75])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_all_icons_of_the_subject_are_in_the_picture(subject: str, aspect: float, seed: int) -> None:
    """What `words_drawn` promises is drawn, whatever the composition."""
    svg = compose(subject, aspect=aspect, seed=seed)
    missing = [name for name in words_drawn(subject) if load_icon(name).body not in svg]

    assert [] == missing


def test_picture_holds_no_letters() -> None:
    """The drawing consists of shapes alone."""
    drawn = "".join(compose(subject, aspect=1.0, seed=1) for subject in SUBJECTS)

    assert None is re.search(r"<(text|tspan|image|foreignObject)", drawn)


def test_vocabulary_has_more_than_nine_hundred_words() -> None:
    """Both languages together, words that draw something only."""
    words = [
        word for concept in load_vocabulary().concepts if concept.icons for word in concept.english + concept.chinese
    ]

    assert len(words) >= 900
    assert len(words) == len(set(words))


def test_every_concept_has_words_in_both_languages() -> None:
    """An article in Chinese is drawn as well as one in English."""
    han = re.compile(r"[\u3400-\u9fff]")
    lopsided = [
        concept
        for concept in load_vocabulary().concepts
        if not (concept.english and all(word and not han.search(word) for word in concept.english))
        or not (concept.chinese and all(han.search(word) for word in concept.chinese))
    ]

    assert [] == lopsided


def test_every_icon_of_the_vocabulary_exists() -> None:
    """No word asks for an icon that the packages do not hold."""
    names = {name for concept in load_vocabulary().concepts for name in concept.icons}

    assert all(load_icon(name).width > 0 for name in names)


def test_no_icon_shows_letters_digits_or_a_brand() -> None:
    """Icons whose names tell of signs to be read, or of somebody's logo, stay out."""
    names = {name.split(":")[-1] for concept in load_vocabulary().concepts for name in concept.icons}
    shunned = re.compile(
        r"^(a-|abc|letter|number|brand|html|currency|type|heading|case-|languages?$|dollar|euro|coins$|medal$|badge-|"
        r"github|slack|figma|chromium|percent|receipt$|qr|binary$|regex|sigma|omega|pi$|zzz|bold|italic|123|question)"
    )

    assert [] == sorted(name for name in names if shunned.match(name))


@pytest.mark.parametrize(
    ("subject", "icon"),
    [
        ("A lighthouse keeper feeds gulls before the storm", "p:lighthouse"),
        ("A lighthouse keeper feeds gulls before the storm", "p:keeper"),
        ("A lighthouse keeper feeds gulls before the storm", "p:gull"),
        ("A lighthouse keeper feeds gulls before the storm", "cloud-lightning"),
        ("How to brew pour-over coffee at home", "p:dripper"),
        ("Why databases use write-ahead logs", "database"),
        ("The night train to Kunming", "p:train"),
        ("Sleep and memory", "brain"),
        ("Spring planting in a small garden", "sprout"),
        ("A budget for your first apartment", "piggy-bank"),
        ("Growing up with three cats", "p:cat"),
        ("The teachers' meeting", "p:teacher"),
        ("Baking bread on a rainy Sunday", "t:bread"),
        ("Decisions under risk", "dices"),
        ("Data privacy on your phone", "lock"),
        ("Grandmother's dumplings", "p:dumpling"),
        ("Burnout in startups", "p:burnt-candle"),
        ("A contract between neighbors", "t:license"),
        ("中秋节的月饼和灯笼", "p:mooncake"),
        ("中秋节的月饼和灯笼", "p:lantern"),
        ("三个月学会早起：一个程序员的习惯实验", "p:writer"),
        ("三个月学会早起：一个程序员的习惯实验", "p:sunrise"),
        ("小城的菜市场", "p:stall"),
        ("机器学习模型如何过拟合", "brain-circuit"),
        ("爷爷的渔船", "p:grandfather"),
        ("爷爷的渔船", "p:fishing-boat"),
        ("远程团队怎样开好会议", "p:video-meeting"),
        ("宇宙飞船登陆火星", "rocket"),
        ("猫为什么喜欢纸箱", "p:cat-box"),
        ("春节的年味", "p:firecracker"),
        ("隐私与算法", "lock"),
        ("焦虑的时候怎么办", "t:mood-nervous"),
        ("团队决策的风险", "dices"),
        ("奶奶的菜园", "p:grandmother"),
        ("签合同之前", "t:license"),
        ("在海边喝茶", "p:teapot"),
        ("老婦人在門前織毛衣，孫子騎自行車經過", "p:bicycle"),
        ("貓頭鷹坐在樹上", "p:owl"),
        ("龍舟在河上", "p:dragon-boat"),
        ("飛機飛過雲層", "plane"),
        ("遠處的燈塔", "p:lighthouse"),
    ],
)
def test_subject_shows_what_it_names(subject: str, icon: str) -> None:
    """The words of both languages lead to their icons, those in Traditional characters too."""
    assert icon in words_drawn(subject)


@pytest.mark.parametrize(
    ("subject", "icon"),
    [
        ("A cat on a wall, no dogs", "p:dog"),
        ("A garden without flowers, in spring", "flower-2"),
        ("Never trust a fox", "p:fox"),
        ("一只猫，不要狗", "p:dog"),
        ("没有手机的一天", "p:smartphone"),
        ("无糖的咖啡", "candy"),
        ("A river, no text, no watermark", "droplets"),
    ],
)
def test_negated_words_are_not_drawn(subject: str, icon: str) -> None:
    """What the subject rules out stays out."""
    assert icon not in words_drawn(subject)


@pytest.mark.parametrize(
    ("subject", "icon"),
    [("海外的学者", "droplets"), ("无人机送快递", "drone"), ("无线网怎么选", "wifi"), ("No fox but a panda", "panda")],
)
def test_longer_words_protect_what_they_hold(subject: str, icon: str) -> None:
    """A short word inside a longer one is not read on its own, and a negation ends with its phrase."""
    assert (icon == "droplets") != (icon in words_drawn(subject))


@pytest.mark.parametrize(
    ("subject", "icon"),
    [
        ("外婆去世前的那个夏天", "skull"),
        ("My father's death changed how I work", "skull"),
        ("dead calm", "skull"),
        ("Bread and apples on a table", "database"),
        ("日常事务怎么安排", "database"),
        ("A boy flies a red kite", "plane"),
        ("The branches of the old plum tree", "git-branch"),
        ("提交作业", "git-branch"),
        ("推荐几本好书", "t:binary-tree-2"),
        ("Sort the laundry", "t:binary-tree-2"),
        ("分享我的育儿经验", "chart-pie"),
        ("She shares her lunch", "chart-pie"),
        ("我长大的地方", "chart-line"),
        ("Growing tomatoes", "chart-line"),
        ("Falling snow", "trending-down"),
        ("冰美式与夏天", "snowflake"),
        ("台风登陆后的早晨", "p:rover"),
        ("Fish and chips", "cpu"),
        ("Open the window", "lock-open"),
        ("A small space to read", "t:planet"),
        ("How to deal with anxiety", "t:license"),
        ("A dog called Bella", "phone"),
        ("Habit tracking", "hat-glasses"),
        ("A spider's web", "laptop"),
        ("今天的热点新闻", "wifi"),
        ("对手机的依赖", "package"),
        ("Caught a cold", "snowflake"),
        ("She shelled beans in the corner", "p:corn"),
        ("She shelled beans in the corner", "shell"),
        ("The lamp ships on June 2", "ship"),
        ("撒上葱花", "flower-2"),
        ("怀里抱着一只花猫", "flower-2"),
        ("看见满坡的花", "eye"),
        ("Once upon a time there was an owl", "clock"),
        ("Drop a pebble into the pond", "droplets"),
    ],
)
def test_everyday_words_are_nothing_technical_or_morbid(subject: str, icon: str) -> None:
    """A word that an essay and a manual share is read as in the essay."""
    assert icon not in words_drawn(subject)


@pytest.mark.parametrize(
    ("subject", "icon"),
    [
        ("外婆去世前的那个夏天", "t:candle"),
        ("A table in the database: index and transactions", "database"),
        ("A skull on a pirate flag", "skull"),
        ("特别喜欢猫的女孩", "p:cat"),
        ("父亲的背影", "p:person"),
        ("中风以后的父亲", "stethoscope"),
        ("妈妈做的红烧鱼", "t:fish"),
        ("孩子的成长", "sprout"),
        ("A beaver drags a branch across the pond", "squirrel"),
        ("质量为 2 kg 的木箱放在水平面上", "box"),
    ],
)
def test_everyday_words_lead_to_everyday_things(subject: str, icon: str) -> None:
    """What the words of an essay draw instead."""
    assert icon in words_drawn(subject)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("aspect", [1.0, 0.57, 1.75])
@pytest.mark.parametrize(
    "subject", ["A woman drinks tea by the window", "猫在窗台上晒太阳", "窗外下雪了", "Rain on the window"]
)
def test_a_room_has_its_window_in_the_wall(subject: str, aspect: float, seed: int) -> None:
    """A window that the text names is the one of the room, and no second one stands on the floor."""
    assert "t:window" in words_drawn(subject)
    assert load_icon("t:window").body not in compose(subject, aspect=aspect, seed=seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("laid", "growing"), [("番茄和鸡蛋摆在桌上", "番茄和白菜在菜园"), ("carrots on the table", "carrots")]
)
def test_what_lies_on_a_table_is_not_in_the_garden(laid: str, growing: str, seed: int) -> None:
    """Over vegetables in a bed the sun shines, which is the first thing of a landscape to be drawn."""
    sun = 'stroke="none"/><circle'

    assert sun in compose(growing, aspect=1.0, seed=seed)
    assert sun not in compose(laid, aspect=1.0, seed=seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "subject", ["窗外有座小屋，在村庄里", "The windows of the old house", "A window seat on a train"]
)
def test_what_has_windows_needs_none_beside_it(subject: str, seed: int) -> None:
    """No loose window stands in a meadow."""
    assert load_icon("t:window").body not in compose(subject, aspect=1.0, seed=seed)


def test_style_words_draw_nothing() -> None:
    """How a picture is to look is not what it shows."""
    assert [] == words_drawn("black and white line drawing, clean white background, no text, 黑白线稿，留白，插画风格")


def test_early_words_and_repeated_words_lead() -> None:
    """The main figure is the one named first, or again and again."""
    assert "p:cat" == words_drawn("A cat, a sheep")[0]
    assert "p:sheep" == words_drawn("A cat, a sheep, sheep and more sheep")[0]


def test_unknown_text_gets_a_picture_of_its_own() -> None:
    """With no word known the picture is abstract, and still another one for another text."""
    assert [] == words_drawn("Zzyzx qwrtp")
    assert draw("Zzyzx qwrtp", width_px=256, height_px=256, seed=1) != draw(
        "Vrrmp skolt", width_px=256, height_px=256, seed=1
    )


def test_picture_is_drawn_in_seconds_at_most() -> None:
    """A generous bound that only a broken cache or a quadratic search would miss."""
    start = time.process_time()
    draw("Farmers, cats, boats and lanterns in a storm", width_px=1024, height_px=1024, seed=1)

    assert time.process_time() - start < 5


@pytest.mark.parametrize("subject", ["", "   ", "…", "🐈", "x" * 5000, "猫" * 3000, "<svg>&amp;\x00"])
def test_odd_text_is_drawn_all_the_same(subject: str) -> None:
    """No text makes the illustrator fail."""
    assert 0 < ink_share(picture(subject, width=256, height=256))


@pytest.mark.parametrize(("width", "height"), [(256, 256), (2048, 2048), (256, 2048), (1024, 1024)])
def test_sizes_in_range_are_not_refused(width: int, height: int) -> None:
    """From 256 to 2048 pixels on each side."""
    assert None is refusal(width, height)


@pytest.mark.parametrize(("width", "height"), [(255, 512), (512, 2049), (0, 0), (-5, 512)])
def test_sizes_out_of_range_are_refused_with_a_reason(width: int, height: int) -> None:
    """The reason names the size and the range, and `draw` raises it."""
    reason = refusal(width, height)

    assert reason == f"sketch draws 256 to 2048 pixels on each side, not {width}x{height}"
    with pytest.raises(RejectedError, match="256 to 2048"):
        draw("A cat", width_px=width, height_px=height, seed=1)


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("水彩插画，一只猫坐在窗边", ["p:cat", "t:window"]),
        ("oil painting of a cat on a roof", ["p:cat"]),
        ("A cat on a sofa, watercolor illustration", ["p:cat", "sofa"]),
        ("oil on canvas of two boats", ["p:fishing-boat"]),
        ("摄影作品，一只猫趴在石桥上", ["p:cat", "p:stone-bridge"]),
        ("photo of a cat on a sofa", ["p:cat", "sofa"]),
        ("戏剧性的构图，一艘帆船", ["sailboat"]),
        ("枫桥夜泊，水墨画", ["p:stone-bridge"]),
    ],
)
def test_medium_and_composition_are_not_drawn(subject: str, shown: list[str]) -> None:
    """A watercolor of a cat shows a cat and no brush."""
    assert shown == words_drawn(subject)


@pytest.mark.parametrize(
    ("subject", "icon"),
    [("他画水彩", "brush"), ("watercolor", "brush"), ("a camera on a table", "camera"), ("京剧演员的面具", "drama")],
)
def test_a_medium_that_is_the_subject_is_drawn(subject: str, icon: str) -> None:
    """Who paints has a brush."""
    assert icon in words_drawn(subject)


@pytest.mark.parametrize(
    ("subject", "shown", "wrong"),
    [
        ("Beat the butter and sugar, then add the eggs", "egg", {"drum", "candy", "lollipop"}),
        ("She oils the gears of the bike chain", "p:bicycle", {"fuel", "link"}),
        ("We will train two colleagues", "p:team", {"p:train"}),
        ("pandas loads the whole table", "table", {"panda", "weight"}),
        ("caster sugar", "p:jar", {"candy", "lollipop"}),
        ("三只小猪", "p:pig", {"t:pig", "piggy-bank"}),
        ("他在银行工作", "p:person", {"piggy-bank"}),
        ("清明上河图", "p:stone-bridge", {"p:lantern"}),
        ("Serve with a pot of tea in the garden", "p:teapot", {"cooking-pot"}),
        ("小厨房煮茶", "p:stove", {"cooking-pot", "t:cooker"}),
        ("After the storm", "rainbow", {"cloud-lightning"}),
        ("傍晚雨停了，夜市的灯笼亮起来", "p:lantern", {"cloud-rain-wind"}),
        ("The rain has stopped, and the children splash through puddles", "p:child", {"cloud-rain-wind"}),
        ("刚上市的春笋还沾着泥", "p:bamboo-shoot", {"lightbulb", "star"}),
        ("hot beverage", "p:coffee", {"cup-soda"}),
        ("孤独", "p:walker", {"heart-crack"}),
        ("枫桥", "p:stone-bridge", {"t:building-bridge"}),
        ("江枫渔火对愁眠", "p:fishing-boat", {"flame-kindling"}),
        ("广州南站、上海虹桥站", "p:train", {"p:stone-bridge", "t:building-bridge"}),
        ("全国铁路累计发送旅客", "p:train", {"send"}),
        ("Two roads diverged in a yellow wood", "p:grove", {"t:wood", "axe"}),
        ("坐在公园长椅上喝豆浆的人", "p:person", {"p:walker"}),
        ("a bag of whole beans with a roast date", "p:beans", {"drumstick"}),
        ("办公室里只有一个人和保洁阿姨", "p:woman", {"briefcase-business"}),
        ("Beat butter and sugar until pale", "p:jar", {"drum"}),
        ("She walked under the plane trees along the canal", "tree-deciduous", {"plane"}),
        ("She stops at a fork in the road", "p:woman", {"utensils"}),
        ("客栈老板娘开着一辆旧面包车", "t:car", {"t:bread", "croissant"}),
        ("西安的鼓楼", "t:building-pavilon", {"drum"}),
        ("女孩戴着鸭舌帽，扎着蝴蝶结", "p:girl", {"p:duck", "t:butterfly"}),
        ("外婆在小院里坐电梯", "p:watering-can", {"plug"}),
    ],
)
def test_a_word_with_two_meanings_is_drawn_as_meant(subject: str, shown: str, wrong: set[str]) -> None:
    """Eggs that are beaten are no drum."""
    drawn = words_drawn(subject)

    assert shown in drawn
    assert set() == wrong & set(drawn)


@pytest.mark.parametrize(
    ("subject", "icon", "count"),
    [
        ("孩子们围着火炉", "p:child", 3),
        ("两个人下棋", "p:person", 2),
        ("三只小猪", "p:pig", 3),
        ("two boats on the lake", "p:fishing-boat", 2),
        ("children fly kites", "p:child", 2),
        ("一个人下棋", "p:person", 1),
        ("a boat on the lake", "p:fishing-boat", 1),
    ],
)
def test_as_many_are_drawn_as_are_told(subject: str, icon: str, count: int) -> None:
    """Two people play chess, and not one."""
    assert count == compose(subject, aspect=1.0, seed=1).count(load_icon(icon).body) // 2


@pytest.mark.parametrize("seed", range(8))
def test_nothing_crosses_the_frame(seed: int) -> None:
    """What is drawn last is the frame, over shadows and waves at its edge."""
    svg = compose("两个人在河边钓鱼", aspect=1.0, seed=seed)

    assert "evenodd" not in svg or svg.rindex("evenodd") > svg.rindex("<g ")

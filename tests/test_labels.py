import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import InputError
from tools.pictures.labels import aigc_label, label_of_json, label_text, read_description, read_label, xmp_packet

NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"


def packet_around(attributes: str, inner: str) -> bytes:
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:T="{NAMESPACE}" {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()


def test_label_has_all_seven_keys() -> None:
    """The producer's three are filled in, those of a distributor stay empty."""
    label = json.loads(aigc_label(content_producer="00191144030012345678901", produce_id="run-1-0"))

    assert label == {
        "Label": "1",
        "ContentProducer": "00191144030012345678901",
        "ProduceID": "run-1-0",
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }


@given(st.text(), st.text(min_size=1).filter(str.strip))
def test_label_is_printable_ascii(producer: str, produce_id: str) -> None:
    """Whatever the names, the label holds no space and nothing beyond ASCII, and is JSON."""
    label = aigc_label(content_producer=producer, produce_id=produce_id)

    assert re.fullmatch(r"[\x21-\x7e]+", label)
    assert all(re.fullmatch(r"[\x21-\x7e]*", value) for value in json.loads(label).values())


def test_label_percent_encodes() -> None:
    """A Chinese name can be read back by whoever decodes it, and a percent sign too."""
    label = json.loads(aigc_label(content_producer="配图 100%", produce_id='a"b'))

    assert label["ContentProducer"] == "%E9%85%8D%E5%9B%BE%20100%25"
    assert label["ProduceID"] == 'a"b'


def test_label_without_producer_names_the_program() -> None:
    """The standard wants a producer, so an empty setting means Peitu."""
    assert json.loads(aigc_label(content_producer=" ", produce_id="1"))["ContentProducer"] == "peitu"


def test_label_needs_an_id() -> None:
    """The standard wants an id, and there is no honest default."""
    with pytest.raises(InputError, match="needs a produce id"):
        aigc_label(content_producer="peitu", produce_id=" ")


FIELDS = {
    "prompt": st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))),
    "provider": st.text("abc<>&'\"", max_size=20),
    "model": st.text("Qwen/-]]>", max_size=20),
    "seed": st.integers(-1, 2**31 - 1),
    "generator": st.just("Peitu offline sketch (drawn from an icon set, not by an image model)"),
}


@given(st.fixed_dictionaries({}, optional=FIELDS), st.booleans())
def test_packet_round_trip(description: dict[str, str | int], labelled: bool) -> None:
    """Any description comes back as it was, with and without a label."""
    label = aigc_label(content_producer="peitu", produce_id="1") if labelled else None

    packet = xmp_packet(description, label)

    assert {"generator": "Peitu", **description} == read_description(packet)
    assert (json.loads(label) if label else None) == read_label(packet)


@pytest.mark.parametrize("text", ["a\r\nb\tc", " blank at both ends ", "]]>", "&amp;<!--x-->", "😀𠮷", ""])
def test_packet_keeps_odd_text(text: str) -> None:
    """Line ends, markup and rare characters come back as they were."""
    assert text == read_description(xmp_packet({"prompt": text}, None))["prompt"]


def test_packet_replaces_what_xml_cannot_hold() -> None:
    """Control characters and half surrogates would make the whole packet unreadable."""
    assert "a�b�c�" == read_description(xmp_packet({"prompt": "a\0b\ud800c\uffff"}, None))["prompt"]


def test_packet_fits_into_a_jpeg() -> None:
    """The longest fields of the most expensive characters stay under the limit of one segment."""
    long = "&" * 100_000
    description = dict.fromkeys(["prompt", "provider", "model", "generator"], long)
    label = aigc_label(content_producer="x" * 1000, produce_id="<" * 1000)

    packet = xmp_packet(description, label)

    assert len(packet) < 65_502
    assert read_label(packet) == json.loads(label)
    assert "&" * 6000 == read_description(packet)["prompt"]


def test_packet_says_what_made_it() -> None:
    """With a label, IPTC's word for it is there as well; a sketch has neither."""
    label = aigc_label(content_producer="peitu", produce_id="1")

    assert b"digitalsourcetype/trainedAlgorithmicMedia" in xmp_packet({}, label)
    assert b"trainedAlgorithmicMedia" not in xmp_packet({}, None)
    assert b"<TC260:AIGC>" not in xmp_packet({}, None)


def test_unknown_field() -> None:
    """A misspelled field is not lost silently."""
    with pytest.raises(InputError, match="no field 'promt'"):
        xmp_packet({"promt": "a cat"}, None)


@pytest.mark.parametrize(
    ("attributes", "inner"),
    [
        ("", '<T:AIGC>{"Label":"1","ContentProducer":"other"}</T:AIGC>'),
        (
            "",
            "<T:AIGC>{&quot;Label&quot;:&quot;1&quot;,&quot;ContentProducer&quot;:&quot;other&quot;}</T:AIGC>",
        ),
        ('T:AIGC=\'{"Label":"1","ContentProducer":"other"}\'', ""),
        ("", "<T:Label>1</T:Label><T:ContentProducer>other</T:ContentProducer>"),
        ("T:Label='1' T:ContentProducer='other'", ""),
    ],
)
def test_foreign_forms_of_the_label(attributes: str, inner: str) -> None:
    """Elements, attributes and one property for each key are all in use."""
    assert read_label(packet_around(attributes, inner)) == {"Label": "1", "ContentProducer": "other"}


def test_foreign_label_stays_as_it_is() -> None:
    """Not even its spaces change, since a signature may cover it."""
    text = '{ "Label": "1",  "ReservedCode1": "x" }'

    assert text == label_text(packet_around("", f"<T:AIGC>{text}</T:AIGC>"))


@pytest.mark.parametrize(
    "xmp",
    [
        b"",
        b"no xml",
        b"<a",
        packet_around("", ""),
        packet_around("", "<T:AIGC/>"),
        packet_around("", "<T:AIGC>1</T:AIGC>"),
        packet_around("", "<T:AIGC>[1]</T:AIGC>"),
        packet_around("", "<T:AIGC>" + "[" * 100_000 + "</T:AIGC>"),
        b'<!DOCTYPE a [<!ENTITY b "c">]><a xmlns:T="x">&b;</a>',
    ],
)
def test_no_label(xmp: bytes) -> None:
    """What is no label, no XML or an attack on the parser counts as none."""
    assert read_label(xmp) is None


def test_wrapped_label() -> None:
    """EXIF comments and PNG texts wrap it into one more object."""
    assert label_of_json('{"AIGC": {"Label": "1"}}') == '{"Label":"1"}'
    assert label_of_json('{"Label": "1"}') == '{"Label": "1"}'
    assert label_of_json('{"other": 1}') is None


def test_a_packet_that_cannot_be_read_says_nothing() -> None:
    """A picture of somebody else's may hold anything."""
    assert {} == read_description(b"no xml")

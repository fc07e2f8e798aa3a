"""The two encodings of data blocks ([MS-PST] 5.1 and 5.2). Both only hide text from a casual look at the file."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pipeline.extract.pst.direct.form import Encryption

# The three tables of mpbbCrypt (5.1): what permute encodes with (R), a table that is its own inverse (S), and what
# undoes the first (I), made here from it.
_R = bytes.fromhex(
    "41361362a8216ebbf416cc047f64e85d1ef2cb2a74c55e35d295479e962d9a884c7d843fdbac31b6485ff6c4d8398be7"
    "233b388ec8c1df25b120a546604e9cfbaad35651457c550007c92b9d859b09a08fadb30f63ab894bd7a7155a716642bf"
    "264a6b98faea7753b270052cfd593a867ece06eb827857c78d43afb41cd45bcde2e9274fc3087280cfb0eff5286dbe30"
    "4d3492d50e3c2232e5e4f99fc2d10a8112e1ee918376e397e6618a1779a4b7dc907a5c8c02a6ca69de501a1193b95287"
    "58fced1d37491b6ae0293399bd6cd994f340546ff0c673b8d63e6518441fdd6710f10c19ecae03a1147ba90bfff8a3c0"
    "a201f72ebc2468750dfeba2fb5d0da3d"
)
_S = bytes.fromhex(
    "14530f56b3c87a9ceb65481716159f02cc547c83000d0c0ba262a876dbd9edc7c5a4dcac8574d6d0a79bae9a967166c3"
    "6399b8dd73928e847da55ed15d93b1575150808952944f4e0a6bbc8d7f6e47464140440111cb033ff7f4e1a98f3c3af9"
    "fbf0193082092ec99da08649ee6f4d6dc42d813425871b88aafc06a11238fd4c4272641337246a757743ffe6b44b365c"
    "e4d8353d45b92cecb7312b290768a30e697b189e2139be281a5b78f523ca2ab0af3efe048ce7e5983295d3f64ae8a6ea"
    "e9f3d52f7020f21f0567ad5510cecde3273bdabad7c226d4911dd21c2233f8faf15aefcf90b68bb5bdc0bf08971e6ce2"
    "61e0c6c159abbb58de5fdf60797eb28a"
)
_I = bytes.maketrans(_R, bytes(range(256)))

_FORWARD, _REFLECTOR, _BACKWARD = (np.frombuffer(table, dtype=np.uint8) for table in (_R, _S, _I))
_WORDS = np.arange(0x20000, dtype=np.uint32)  # every key (16 bits) and after it the largest block (16 bits)
_LOW: npt.NDArray[np.uint8] = (_WORDS & 0xFF).astype(np.uint8)
_HIGH: npt.NDArray[np.uint8] = (_WORDS >> 8 & 0xFF).astype(np.uint8)

_MANY = 1024  # bytes from which it is faster to decode two at a time
_PAIRS = (_BACKWARD[_LOW[:0x10000]] | _BACKWARD[_HIGH[:0x10000]].astype(np.uint16) << 8).astype("<u2")


def permute(data: bytes, _identifier: int) -> bytes:
    """Undo NDB_CRYPT_PERMUTE: one byte stands for another (5.1)."""
    if len(data) < _MANY:
        return data.translate(_I)
    pairs = np.frombuffer(data, dtype="<u2", count=len(data) // 2)
    decoded: bytes = _PAIRS.take(pairs, mode="clip").tobytes()  # "clip", since no check of the places is needed
    return decoded + data[len(decoded) :].translate(_I)


def cyclic(data: bytes, identifier: int) -> bytes:
    """Undo NDB_CRYPT_CYCLIC: three tables, turned by a counter that begins with the block's identifier (5.2)."""
    key = (identifier ^ identifier >> 16) & 0xFFFF
    low, high = _LOW[key : key + len(data)], _HIGH[key : key + len(data)]
    turned = _FORWARD[np.frombuffer(data, dtype=np.uint8) + low] + high
    decoded: npt.NDArray[np.uint8] = _BACKWARD[_REFLECTOR[turned] - high] - low
    return decoded.tobytes()


def plain(data: bytes, _identifier: int) -> bytes:
    """Return the data of a store without encoding."""
    return data


DECODERS: dict[Encryption, Callable[[bytes, int], bytes]] = {
    Encryption.NONE: plain,
    Encryption.PERMUTE: permute,
    Encryption.CYCLIC: cyclic,
}

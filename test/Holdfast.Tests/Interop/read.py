import itertools
import sys
from binascii import crc_hqx

import redis

store = redis.Redis(unix_socket_path=sys.argv[1], username="reader", password="pw")
partitions = int(store.hget("hf:@store", "partitions"))


def key(session_id):
    """A session's id begins with its partition, whose tag is the first number in the partition's slot."""
    slot = 16384 // partitions * int(session_id.split("~")[0], 16)
    tag = next(n for n in itertools.count() if crc_hqx(str(n).encode(), 0) % 16384 == slot)
    return f"hf:{{{tag}}}:session/{session_id}"


def session(session_id):
    """The fields of the session, or None when there is none (any more)."""
    fields = store.hgetall(key(session_id))
    return {name.decode(): value for name, value in fields.items() if not name.startswith(b"@")} if fields else None


found = session(sys.argv[2])
print(found["name"].decode(), int(found["visits"]), len(found["photo"]), session("0~nobody"))

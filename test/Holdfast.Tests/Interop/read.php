<?php
$store = new Redis();
$store->connect($argv[1]);
$store->auth(['reader', 'pw']);
$partitions = (int) $store->hGet('hf:@store', 'partitions');

function slot(string $text): int
{
    $crc = 0;
    foreach (str_split($text) as $character) {
        $crc ^= ord($character) << 8;
        for ($bit = 0; $bit < 8; $bit++) {
            $crc = ($crc & 0x8000 ? $crc << 1 ^ 0x1021 : $crc << 1) & 0xffff;
        }
    }
    return $crc % 16384;
}

// A session's id begins with its partition, whose tag is the first number in the partition's slot.
function key_of(string $id): string
{
    global $partitions;
    $slot = intdiv(16384, $partitions) * hexdec(explode('~', $id)[0]);
    for ($tag = 0; slot((string) $tag) !== $slot; $tag++);
    return "hf:{{$tag}}:session/$id";
}

// The fields of the session, or null when there is none (any more).
function session(string $id): ?array
{
    global $store;
    $fields = $store->hGetAll(key_of($id));
    return $fields ? array_filter($fields, fn($name) => $name[0] !== '@', ARRAY_FILTER_USE_KEY) : null;
}

$found = session($argv[2]);
echo $found['name'], ' ', (int) $found['visits'], ' ', strlen($found['photo']), ' ', json_encode(session('0~nobody')), "\n";

"""The functions that SQLTransformer compiles, each on edge values of its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from math import inf, nan
from random import Random
from typing import Any

ROWS = 40


@dataclass(frozen=True, slots=True)
class Group:
    """Expressions over common columns.

    Args:
        types: Type of each column.
        values: Edge values of each column; null is added.
        expressions: The expressions.
    """

    types: dict[str, str]
    values: dict[str, list[Any]]
    expressions: list[str]

    def rows(self) -> list[dict[str, Any]]:
        """Return rows in which each value of each column occurs, beside changing values of the others."""
        draw = Random(7)
        columns = {}
        for name, values in self.values.items():
            cycle = [*values, None] * (ROWS // (len(values) + 1) + 1)
            size = max(ROWS, len(values) + 1)
            columns[name] = cycle[:size]
            draw.shuffle(columns[name])
        size = max(map(len, columns.values()))
        return [{name: column[at % len(column)] for name, column in columns.items()} for at in range(size)]


TEXTS = [
    "", " ", "a", "abc", "ABC", "  ab  ", "a_b", "a%b", "12", "-3.5", "ab ab", "Straße", "ÄÖÜ", "naïve café", "\U0001f600b",
    "a,b,,c", "hello world", "hello-world foo", "aaaa", "x.y.z", "banana", "Robert", "Tymczak", "Pfister", "O'Hara", "\ttab\n",
    "null", "日本語", "a\\b", "key=value;k2=v2", "2024-01-15", "john.doe@example.com", "(555) 123-4567", "\u017fK", "\ufb01x \u01c6",
]  # fmt: skip
DOUBLES = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 3.7, 0.1, 1e-7, 1e10, -1e300, 9.3e18, 1.005, nan, inf, -inf, 2e23, 1e23, 8.41e21,
    5e-324, 1e-3, 9.999e-4, 1e7, 9999999.0, 123456789.125, 2.0**-44, 1.7976931348623157e308, 100.0, 3.0, 7.0, 1 / 3,
]  # fmt: skip
FLOATS = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.25,
    0.10000000149011612,
    1.0000000150474662e30,
    16777216.0,
    nan,
    inf,
    1.401298464324817e-45,
]
INTEGERS = [0, 1, -1, 2, 3, 5, 7, -10, 100, 45, 255, 2**31 - 1, -(2**31)]
LONGS = [0, 1, -1, 5, -7, 65, 1_700_000_000, 10**12, 2**53 + 1, 2**63 - 1, -(2**63)]
DAYS = [
    date(1970, 1, 1), date(2024, 2, 29), date(2023, 12, 31), date(2024, 1, 1), date(1999, 12, 27), date(1900, 3, 1),
    date(2021, 1, 3), date(9999, 12, 31), date(2, 1, 1), date(2024, 5, 15), date(2024, 8, 31),
]  # fmt: skip
MOMENTS = [
    datetime(1970, 1, 1), datetime(2024, 2, 29, 23, 59, 59, 999_999), datetime(2023, 12, 31, 12, 0, 1),
    datetime(1969, 12, 31, 23, 59, 58, 500_000), datetime(2024, 1, 1, 0, 30), datetime(1900, 6, 15, 13, 45, 30, 123_000),
    datetime(2024, 7, 4, 6, 7, 8, 90), datetime(2000, 1, 31, 10), datetime(2024, 11, 3, 1, 30),
]  # fmt: skip

STRINGS = Group(
    {"s": "string", "u": "string", "n": "integer", "k": "integer", "l": "long"},
    {"s": TEXTS, "u": ["", "a", "b", ",", " ", "ab", "an", ".", "zz", "\U0001f600"], "n": [0, 1, 2, 3, -1, -2, 7, 100, -100],
     "k": [0, 1, 2, 5, -1, 12], "l": LONGS},
    [
        "lower(s)", "upper(s)", "initcap(s)", "length(s)", "char_length(s)", "octet_length(s)", "bit_length(s)", "reverse(s)",
        "ascii(s)", "chr(l)", "char(n)", "base64(s)", "hex(s)", "hex(l)", "hex(n)", "bin(l)", "md5(s)", "sha1(s)", "sha(s)",
        "sha2(s, 256)", "sha2(s, 0)", "sha2(s, 512)", "sha2(s, 224)", "sha2(s, n)", "crc32(s)", "hash(s)", "hash(s, n, l)",
        "xxhash64(s)", "xxhash64(n, s, l)", "xxhash64(repeat(s, 12))", "hash(repeat(s, 3))", "soundex(s)", "levenshtein(s, u)",
        "levenshtein(s, u, 2)", "lpad(s, n, u)", "rpad(s, n, u)", "lpad(s, 6)", "rpad(s, 6, '0')", "lpad(s, 4, 'xy')",
        "trim(s)", "ltrim(s)", "rtrim(s)", "btrim(s)", "btrim(s, u)", "trim(u FROM s)", "trim(BOTH u FROM s)",
        "trim(LEADING 'a' FROM s)", "trim(TRAILING u FROM s)", "ltrim('a', s)", "rtrim('a', s)", "repeat(u, k)", "space(k)",
        "left(s, n)", "right(s, n)", "substring(s, n)", "substring(s, n, k)", "substr(s, 2, 3)", "substring(s FROM 2 FOR 2)",
        "substring_index(s, u, n)", "substring_index(s, 'a', -1)", "substring_index('aaaa', 'aa', 2)",
        "substring_index('aaaa', 'aa', -2)", "split_part(s, u, n)", "split_part(s, '.', 2)", "replace(s, u, 'Q')", "replace(s, u)",
        "translate(s, 'abc', '12')", "translate(s, u, 'Z')", "overlay(s, u, 2)", "overlay(s PLACING 'XY' FROM 2 FOR 1)",
        "overlay(s, 'XY', k, 3)", "locate(u, s)", "locate(u, s, n)", "position(u IN s)", "position('a', s)", "instr(s, u)",
        "find_in_set(u, s)", "startswith(s, u)", "endswith(s, u)", "contains(s, u)", "concat(s, u)", "s || u || n",
        "concat_ws(u, s, 'x', n)", "elt(k, s, u)", "s LIKE 'a%'", "s ILIKE 'A%'", "s NOT ILIKE '%B'", "s LIKE ANY ('a%', '%b')",
        "s LIKE ALL ('a%', '%b')", "s LIKE 'a!_b' ESCAPE '!'", r"s LIKE 'a\\_b'", "ilike(s, '%AB%')", "like(s, '_a%')",
        "format_string('%s-%s', s, n)", "printf('%5s|%-5s|%d', s, u, n)", "format_string('%05d %,d', n, l)", "coalesce(s, u, 'x')",
        "nvl(s, u)", "nvl2(s, u, 'none')", "nullif(s, u)", "decode(s, 'a', 1, 'abc', 2, 0)", "decode(n, 1, s, null, u, 'other')",
        "decode(n, 1, 'one')", "if(n > 0, s, u)", "CASE n WHEN 0 THEN s WHEN 1 THEN u ELSE 'none' END", "ifnull(s, 'none')",
        "equal_null(s, u)", "s IS DISTINCT FROM u", "greatest(s, u)", "least(s, u, 'm')", "s < u", "cast(s AS boolean)",
        "try_cast(s AS int)", "try_cast(s AS float)", "try_cast(s AS decimal(6,2))", "cast(concat(n, '.5') AS decimal(12,1))",
        "try_cast(s AS timestamp)", "try_cast(s AS date)", "hash(s, u, null)", "zeroifnull(n)", "nullifzero(k)", "string(n)",
        "conv(s, 10, 16)", "conv(s, n, 10)", "conv(n, 10, k)", "conv(l, 10, -16)", "conv(hex(l), 16, 10)", "conv(hex(l), 16, -10)", "conv(s, 36, 2)",
        "conv(concat(hex(l), u), 16, -2)", "mask(s)", "mask(s, 'Q')", "mask(s, 'Q', 'q', 'd')", "mask(s, 'Q', 'q', 'd', 'o')", "mask(s, NULL, 'q', NULL, '*')",
        "luhn_check(s)", "luhn_check(l)", "luhn_check(concat('7992739871', k))", "quote(s)", "quote(u)", "typeof(s)", "typeof(n + l)", "typeof(split(s, ','))",
        "typeof(n * 1.5)", "is_valid_utf8(s)", "validate_utf8(s)", "try_validate_utf8(s)", "make_valid_utf8(s)", "collate(s, 'UTF8_BINARY')", "collation(s)",
        "map('a', 1, 'abc', 2)[s]", "coalesce(map('a', 1, 'ABC', 2.5)[s], -1)", "map(0, s, 1, u)[k]", "map(1, 10 div n, 2, n)[k]", "map(1, 'x', 2, null)[n]",
        "element_at(map('a', 1, 'b', 2), u)", "try_element_at(map(1L, 'x', -7L, 'y'), l)", "element_at(map(5, s, 1, u), k)", "map_contains_key(map('a', 1, 'b', null), u)",
        "map_from_arrays(array('a', 'b'), array(1, 2))[u]", "map_keys(map(1, 'a', 2, 'b'))", "map_values(map(1, s, 2, u))", "size(map('a', 1))", "map(true, 'y', false, 'n')[s = u]",
        "named_struct('x', s, 'y', n).y", "struct(s, n).S", "struct(upper(s), n + 1L AS next).next", "struct(upper(s), n).col1", "(named_struct('x', named_struct('y', concat(s, u)))).x.y",
        "CASE WHEN n > 0 THEN struct(s).s ELSE struct(u).u END", "struct(1 div k, n).n", "struct(1 div k, n).col1",
        "str_to_map(s, ';', '=')['key']", "str_to_map(s, ',', ':')[u]", "element_at(str_to_map(s), u)", "str_to_map('a:1,b:2,c')[u]", "map(DATE '2024-01-15', 1)[try_cast(s AS date)]",
        "map_from_arrays(array(1, 2), array(s, u))[n]", "map('a', 'b', 'b', 'c')[map('a', 'b', 'b', 'a')[u]]", "array_contains(map_keys(map('a', 1, 'ab', 2)), u)", "map(1L, 'a')[n]",
    ],
)  # fmt: skip
URLS = Group(
    {"s": "string", "u": "string"},
    {"s": [*TEXTS, "http://user:pw@www.example.com:8080/a/b.html;p?x=1&y=2&x=3#frag", "https://example.com", "https://example.com/", "example.com/a?b", "mailto:a@b.de",
           "http://a b.com", "http://ex.com/%20x?q=%", "http://ex.com/%2Fx?q=%41", "HTTP://EX.COM:80", "http://", "//host/path", "/path?x=y", "#f", "?q=1", "http://a_b.com/x", "http://1.2.3.4/x",
           "http://1.2.3.999/x", "http://1.2.3/x", "http://ex.1com/", "ftp://u@h", "http://ex.com?x=&y", "file:///etc/hosts", "a:b", "a:", ":a", "1a:b", "http://ex.com/ä?ö=ü#ß", "http://bücher.de/x",
           "http://ex.com:x/", "http://ex.com:/", "http://u@@h/", "http://-a.com/", "http://a.b-.com/x", "http://ex.com./x", "http://ex.com/a|b", "http://ex.com/a\\b", "http://ex.com/?a=[1]&b={2}",
           "http://ex.com/x#a#b", "a%20b+c", "%e4%b8%ad", "%E4%B8", "%", "%4", "%zz", "100%+", "%+1", "%41%zz", "x%C3%A4y", "%ED%A0%80", "%F0%9F%98%80", "~*-._!'()", "a/b?c=d&e", "//", "///x", "x//y",
           "http://h/p?", "http://h#", "http://?x", "http://a..b/", "http://:80/x", "http://u:@h/", "javascript:alert(1)", "a:/b", "a:?b", "http:x", "http://h/\u00a0", "http://h/\u2003", "urn:isbn:123"],
     "u": ["", "a", "%41", "ä ö", "x&y"]},
    [
        "url_encode(s)", "url_encode(concat(s, u))", "url_decode(s)", "try_url_decode(s)", "try_url_decode(concat(s, u))", "url_decode(url_encode(s))", "parse_url(s, 'HOST')", "parse_url(s, 'PATH')",
        "parse_url(s, 'QUERY')", "parse_url(s, 'REF')", "parse_url(s, 'PROTOCOL')", "parse_url(s, 'FILE')", "parse_url(s, 'AUTHORITY')", "parse_url(s, 'USERINFO')", "parse_url(s, 'QUERY', 'x')",
        *(f"try_parse_url(s, '{part}')" for part in ("HOST", "PATH", "QUERY", "REF", "PROTOCOL", "FILE", "AUTHORITY", "USERINFO")), "try_parse_url(s, 'QUERY', 'x')",
        "try_parse_url(s, 'QUERY', 'y')", "coalesce(try_parse_url(s, 'HOST'), u)", "lower(try_parse_url(s, 'HOST'))",
    ],
)  # fmt: skip
PATTERNS = Group(
    {"s": "string"},
    {"s": [*TEXTS, "camelCaseText1", "1234567", "😀b😀😀a", "aB😀bC", "anan", "abab", "key=v1 key=v2", "abc123def456", "A1-B22", "2024/01/15", "foo  bar\tbaz", "line1\nline2", "a1b2"]},
    [
        r"s RLIKE '^a'", r"s RLIKE '\\d+'", r"s NOT RLIKE '[a-z]+'", r"s REGEXP r'\d{2,}'", r"rlike(s, '(?i)ABC')",
        r"regexp_like(s, 'b$')", r"regexp(s, 'a|b')", r"regexp_extract(s, '(\\d+)', 1)", r"regexp_extract(s, '([a-z]+)(\\d*)', 2)",
        r"regexp_extract(s, '(\\w+)@(\\w+)', 2)", r"regexp_extract(s, '\\d+', 0)", r"regexp_extract(s, '([a-z]*)')",
        r"regexp_replace(s, '[^0-9]', '')", r"regexp_replace(s, '\\s+', ' ')", r"regexp_replace(s, '(\\d)', '<$1>')",
        r"regexp_replace(s, '([a-z])([0-9])', '$2$1')", r"regexp_replace(s, 'a', '\\$')", r"regexp_replace(s, '[aeiou]', '*')",
        r"regexp_replace(s, '(?i)A', 'x')", r"regexp_count(s, 'a')", r"regexp_substr(s, '[0-9]+')", r"regexp_instr(s, 'b')",
        r"regexp_extract_all(s, '(\\d)', 1)", r"regexp_extract_all(s, '[a-z]', 0)", r"split(s, ',')", r"split(s, '[ ,.]')",
        r"split(s, '\\.')", r"split(s, ',', 2)", r"split(s, 'a', -1)", r"split(s, '\\s+', 0)", r"split(s, '')", r"split(s, '(a|b)')",
        r"split(s, '.')[0]", r"size(split(s, ','))", r"element_at(split(s, ','), 1)", r"element_at(split(s, ','), -1)",
        r"array_join(split(s, ','), '-')", r"array_contains(split(s, ','), 'b')", r"split(s, ',')[1]", r"get(split(s, ','), 1)",
        r"s RLIKE '^\\s*$'", r"regexp_replace(s, '^\\s+|\\s+$', '')",
        r"s RLIKE 'a(?=b)'", r"s RLIKE '^(?=.*[0-9])(?=.*[a-z]).+$'", r"s RLIKE '(?<=a)b'", r"s RLIKE '(?<!a)b'", r"s RLIKE '^(?!abc)'", r"s RLIKE '^((?!an).)*$'",
        r"s RLIKE '(?i)(?<=A)B(?!C)'", r"regexp_replace(s, '(?<=[a-z])(?=[A-Z0-9])', '_')", r"regexp_replace(s, '(?<=\\d)(?=(?:\\d{3})+$)', ',')", r"split(s, '(?=[A-Z])')",
        r"split(s, '(?<=,)')", r"split(s, '(?=[a-c])', 3)", r"split(s, '(?<![0-9])(?=[0-9])')", r"regexp_extract(s, '(?<=key=)(\\w+)', 1)", r"regexp_extract(s, '([a-z]+)(?=@)', 1)",
        r"regexp_count(s, '(?=a)')", r"regexp_count(s, 'a(?!n)')", r"regexp_substr(s, '[a-z]+(?=[^a-z])')", r"regexp_instr(s, '(?<=[^a])b')", r"regexp_extract_all(s, '(?<!\\d)\\d', 0)",
        r"regexp_replace(s, '(?<!\\w)[a-z]', 'X')", r"split(s, '\\s(?=[a-z])')", r"regexp_replace(s, '(?<=.)b', '-')", r"split(s, 'b(?=c)|a(?!b)')",
    ],
)  # fmt: skip
NUMBERS = Group(
    {"x": "double", "y": "double", "f": "float", "n": "integer", "m": "integer", "l": "long", "b": "byte", "h": "short", "o": "boolean"},
    {"x": DOUBLES, "y": [0.0, 1.0, -1.0, 2.0, 0.5, nan, inf, 10.0, 3.0], "f": FLOATS, "n": INTEGERS, "m": [0, 1, -1, 2, 3, 31, 33, 64],
     "l": LONGS, "b": [0, 1, -1, 127, -128], "h": [0, 1, -1, 32767, -32768, 7], "o": [True, False]},
    [
        "cast(x AS string)", "cast(f AS string)", "cast(x AS float)", "cast(x AS int)", "cast(x AS bigint)", "cast(x AS boolean)",
        "cast(x AS decimal(38,10))", "try_cast(x AS decimal(10,3))", "cast(f AS decimal(38,8))", "cast(f AS double)", "cast(f AS int)",
        "cast(l AS double)", "cast(l AS float)", "cast(l AS string)", "cast(n AS byte)", "cast(n AS smallint)", "cast(o AS string)",
        "cast(o AS double)", "cast(o AS decimal(5,2))", "cast(n AS boolean)", "cast(cast(n AS decimal(12,2)) AS string)",
        "cast(cast(l AS decimal(20,0)) AS float)", "cast(n * 0.01 AS float)", "concat(x, '')", "x || '%'", "concat_ws('|', x, f, n)",
        "lower(x)", "x::string", "try_add(n, m)", "try_add(l, l)", "try_add(x, y)", "try_subtract(n, m)", "try_multiply(n, n)",
        "try_multiply(l, m)", "try_divide(n, m)", "try_divide(x, y)", "try_divide(l, n)", "try_mod(n, m)", "try_mod(x, y)",
        "try_add(b, b)", "try_add(f, f)", "try_add(0.5, n)", "try_divide(1.5, n)", "pmod(n, m)", "pmod(x, y)", "pmod(l, n)",
        "pmod(cast(n AS decimal(12,2)), 3.5)", "mod(n, m)", "mod(x, y)", "n div m", "n % m", "round(x)", "round(x, 2)", "round(x, -1)",
        "round(f, 1)", "bround(x)", "bround(f)", "bround(x, 1)", "round(n, -1)", "round(cast(n AS decimal(12,3)), 1)", "floor(x)",
        "ceil(x)", "floor(n * 0.5)", "ceil(n * 0.5)", "floor(n)", "ceiling(f)", "abs(x)", "abs(n)", "negative(n)", "positive(x)",
        "sign(x)", "signum(n)", "sqrt(x)", "cbrt(x)", "exp(y)", "expm1(y)", "ln(x)", "log(x)", "log(y, x)", "log10(x)", "log2(x)",
        "log1p(x)", "pow(y, y)", "power(y, 2)", "sin(y)", "cos(y)", "tan(y)", "asin(y)", "acos(y)", "atan(x)", "atan2(x, y)", "atan2(y, x)",
        "sinh(y)", "cosh(y)", "tanh(x)", "asinh(x)", "acosh(x)", "atanh(y)", "sec(y)", "csc(y)", "cot(y)", "degrees(x)", "radians(x)",
        "rint(x)", "hypot(x, y)", "hypot(y, y)", "e()", "pi()", "factorial(m)", "width_bucket(x, 0, 10, 5)", "width_bucket(x, 10, 0, 5)",
        "width_bucket(y, 0.2, 10.6, n)", "width_bucket(y, 1, y, 4)", "isnan(x)", "isnan(f)", "nanvl(x, y)", "isnull(x)", "isnotnull(f)",
        "n & m", "n | m", "n ^ m", "~n", "l & n", "b | h", "shiftleft(n, m)", "shiftright(n, m)", "shiftrightunsigned(n, m)",
        "shiftleft(l, m)", "shiftrightunsigned(l, m)", "n >>> m", "l >>> 2 + m", "-n >>> 3", "l >> 1 >>> 2", "h >>> 1", "n << 2", "l >> m", "bit_count(n)", "bit_count(l)", "bit_count(o)", "bit_get(n, m)",
        "getbit(l, 3)", "hash(x)", "hash(f)", "hash(l, o)", "hash(b, h, n)", "hash(cast(n AS decimal(12,2)))", "xxhash64(x, f, l, o, b)",
        "xxhash64(cast(n AS decimal(30,2)), n)", "hash(cast(l AS decimal(38,2)))", "format_number(x, 2)", "format_number(n, 0)",
        "format_number(l, 3)", "format_number(x, m)", "format_number(cast(n AS decimal(12,3)), 1)", "format_string('%.2f', x)",
        "format_string('%8.1f|%-8.0f', y, y)", "format_string('%d', n)", "greatest(x, y)", "least(n, l, 3)", "greatest(f, n)",
        "coalesce(n, x)", "nvl(n, 0)", "nvl2(x, n, m)", "nullif(n, m)", "nullif(x, y)", "if(o, n, x)", "zeroifnull(x)", "nullifzero(x)",
        "CASE WHEN x > 1 THEN 'a' WHEN o THEN 'b' ELSE 'c' END", "n BETWEEN m AND 10", "n IN (1, 2, 3)", "x <=> y", "x = y", "x < y",
        "smallint(m)", "tinyint(m)", "bigint(x)", "double(n)", "float(x)", "boolean(n)", "string(x)", "decimal(m)", "n / m", "x / y", "-n", "n * m", "1L + n",
        "n * 1.5", "n / 2.5", "cast(x AS string) = '1.0'", "CAST(y AS timestamp)", "cast(n AS timestamp)", "cast(m * 0.25 AS timestamp)",
        "chr(n)", "bin(n)", "hex(l)", "try_cast(x AS int)", "try_cast(l AS int)", "n + 0.5BD", "x + 1.5D", "n + 1S",
    ],
)  # fmt: skip
TIMES = [
    "2024-02-29", "2024-2-9", "2024-02-29 12:34:56", "2024-02-29 12:34", "2024-02-29T01:02:03.456789", "2024-02-29 12:34:56.1",
    "2024-02-29 12:34:56Z", "2024-02-29 12:34:56+02:00", "2024-02-29 12:34:56 UTC", "2024-02-29 12:34:56 Europe/Paris",
    "2024-02-29 12:34:56.123456789", "2023-02-29", "2024", "2024-07", "", "abc", "  2024-02-29  ", "02/29/2024", "29-Feb-2024",
    "20240229", "2024-13-01", "12:30", "2024-02-29 24:00:00", "2024-02-29 1:2:3", "+2024-01-01", "-0001-01-01", "2024-02-29 12",
    "2024-02-29 12:34:56 GMT+3", "2024-02-29 12:34:56-0800", "2024-02-29 12:34:56 EST", "29 February 2024", "Feb 29, 2024 1:05 PM",
    "2024-02-29 12:34:56.", "2024-02-29x", "99-1-5", "1/5/24", "2024-02-29 13:00 AM",
]  # fmt: skip
DATES = Group(
    {"d": "date", "e": "date", "t": "timestamp", "v": "timestamp", "s": "string", "n": "integer", "l": "long", "w": "string", "x": "double"},
    {"d": DAYS, "e": [date(2024, 3, 31), date(2020, 2, 29), date(1969, 7, 20)], "t": MOMENTS,
     "v": [datetime(2024, 3, 31, 12), datetime(2024, 2, 29, 23, 59, 59), datetime(1999, 12, 31, 1, 2, 3, 4)],
     "s": TIMES, "n": [0, 1, -1, 12, -13, 31, 2, 59, 100], "l": [0, 1, -1, 1_700_000_000, -1_000_000_000, 86_399],
     "w": ["Mon", "tue", "FRIDAY", "su", "x", "", "Thu", "YEAR", "month", "dd", "Week", "quarter", "MM"],
     "x": [0.0, 1.5, -1.25, 1e9, 1700000000.123456, nan]},
    [
        "year(d)", "month(t)", "day(d)", "dayofmonth(t)", "quarter(d)", "dayofweek(d)", "weekday(d)", "dayofyear(d)", "weekofyear(d)",
        "hour(t)", "minute(t)", "second(t)", "dayname(d)", "monthname(t)", "extract(YEAR FROM d)", "extract(SECOND FROM t)",
        "extract(DOW_ISO FROM d)", "extract(YEAROFWEEK FROM d)", "extract(week FROM t)", "date_part('hour', t)", "datepart('seconds', t)",
        "date_part('DOW', d)", "date_part('doy', t)", "datediff(d, e)", "date_diff(t, d)", "date_add(d, n)", "date_sub(e, n)", "d + n", "e - 3",
        "add_months(e, n)", "add_months(d, 1)", "last_day(d)", "next_day(e, w)", "next_day(d, 'Mon')", "months_between(t, v)",
        "months_between(d, e)", "months_between(t, v, false)", "trunc(d, w)", "trunc(d, 'MM')", "trunc(t, 'week')", "date_trunc(w, t)",
        "date_trunc('hour', t)", "date_trunc('MILLISECOND', t)", "date_trunc('week', v)", "date_trunc('DD', t)", "date_trunc('year', d)",
        "make_date(n + 2000, 2, n)", "make_date(2024, n, 28)", "make_timestamp(2024, 2, n, 12, 30, 59.5)", "make_timestamp(2024, 1, 1, 0, n, 60)", "make_timestamp_ltz(2024, 2, n, 12, 30, 59.5)", "try_make_timestamp_ltz(2024, n, n, n, n, n)", "to_timestamp_ltz(s)",
        "to_timestamp_ltz(s, 'yyyy-MM-dd')",
        "try_make_timestamp(2024, n, n, n, n, n)", "unix_date(d)", "date_from_unix_date(n)", "unix_timestamp(t)", "unix_timestamp(d)",
        "unix_seconds(t)", "unix_millis(t)", "unix_micros(t)", "to_unix_timestamp(t)", "timestamp_seconds(l)", "timestamp_millis(l)",
        "timestamp_micros(l)", "timestamp_seconds(x)", "from_unixtime(l)", "from_unixtime(l, 'yyyy-MM-dd')", "from_unixtime(n, 'HH:mm')",
        "cast(t AS bigint)", "cast(t AS double)", "cast(t AS int)", "cast(t AS decimal(20,6))", "cast(t AS string)", "cast(d AS string)",
        "cast(t AS date)", "cast(d AS timestamp)", "cast(s AS timestamp)", "to_timestamp(s)", "try_to_timestamp(s)", "timestamp(s)",
        "cast(s AS date)", "to_date(s)", "try_to_date(s, 'yyyy-MM-dd')", "to_date(s, 'yyyy-MM-dd')", "to_date(s, 'MM/dd/yyyy')",
        "to_date(s, 'dd-MMM-yyyy')", "to_date(s, 'yyyyMMdd')", "to_date(s, 'yyyy')", "to_date(s, 'yyyy-M-d')", "to_date(s, 'd MMMM yyyy')",
        "to_date(s, 'M/d/yy')", "to_date(s, 'y-M-d')", "to_timestamp(s, 'yyyy-MM-dd HH:mm:ss')", "to_timestamp(s, 'yyyy-MM-dd HH:mm')",
        "to_timestamp(s, 'MMM d, yyyy h:mm a')", "to_timestamp(s, 'yyyy-MM-dd HH:mm:ss.SSS')", "to_timestamp(s, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS\")",
        "try_to_timestamp(s, 'yyyy-MM-dd hh:mm a')", "unix_timestamp(s)", "unix_timestamp(s, 'yyyy-MM-dd')", "to_unix_timestamp(s, 'yyyy')",
        "date_format(t, 'yyyy-MM-dd HH:mm:ss')", "date_format(t, 'yyyyMMdd')", "date_format(d, 'MMM d, yyyy')", "date_format(t, 'h:mm a')",
        "date_format(t, 'EEEE, MMMM dd')", "date_format(t, 'E')", "date_format(t, 'yy/M/d H:m:s')", "date_format(t, 'D DDD')",
        "date_format(t, 'SSS')", "date_format(t, 'ss.SSSSSS')", "date_format(t, 'Q QQ QQQ QQQQ')", "date_format(t, 'kk K hh')", "date_format(t, \"yyyy-MM-dd'T'HH:mm\")",
        "date_format(s, 'yyyy')", "date_format(d, 'y yyy yyyyy')", "date_format(t, 'LL L')", "timestampdiff(DAY, v, t)", "timestampdiff(MONTH, t, v)",
        "timestampdiff(HOUR, t, v)", "timestampdiff(SECOND, v, t)", "timestampdiff(YEAR, d, e)", "timestampdiff(WEEK, t, v)", "timestampdiff(QUARTER, v, t)",
        "datediff(MINUTE, t, v)", "timestampadd(HOUR, n, t)", "timestampadd(MONTH, n, v)", "dateadd(DAY, n, v)", "timestampadd(MINUTE, 5, d)",
        "timestampadd(YEAR, 1, v)", "timestampadd(MICROSECOND, n, t)", "e + INTERVAL 1 DAY", "v + INTERVAL 2 HOURS", "e - INTERVAL 3 MONTHS",
        "v - INTERVAL '1' YEAR", "e + INTERVAL 1 WEEK", "INTERVAL 1 DAY + v", "e + INTERVAL 90 MINUTES", "v + INTERVAL 1 SECOND", "to_utc_timestamp(v, 'Europe/Berlin')",
        "from_utc_timestamp(v, 'America/New_York')", "from_utc_timestamp(v, '+05:30')", "hash(d)", "hash(t)", "xxhash64(t, d)", "d < e", "t >= v", "d = cast(t AS date)",
        "t > '2024-01-01'", "t > '2024-01-01 10:00:00'", "d BETWEEN '2000-01-01' AND '2024-12-31'", "t = TIMESTAMP '2024-02-29 23:59:59.999999'", "d > DATE '2020-01-01'", "greatest(d, e)",
        "coalesce(d, e)", "coalesce(t, d)", "if(d > e, d, e)", "nullif(d, e)", "date(t)", "concat(d, ' ', t)", "concat_ws('/', year(d), month(d))", "cast(n AS timestamp)",
        "year(s)", "hour(s)", "unix_timestamp(t) - unix_timestamp(v)", "hour(t) * 60 + minute(t)", "dayofweek(t) IN (1, 7)",
    ],
)  # fmt: skip
ARRAYS = Group(
    {"a": "array<string>", "b": "array<string>", "i": "array<integer>", "j": "array<integer>", "x": "array<double>", "s": "string", "n": "integer", "k": "integer", "y": "double"},
    {"a": [[], ["a"], ["b", "a", None], ["a", "a", "c"], ["x", "", "yy"], [None]], "b": [[], ["a"], ["c", None], ["z", "a"]],
     "i": [[], [1], [3, 1, 2], [1, None, 1], [-5, 2**31 - 1, 0], [None, None], [2, 2]], "j": [[], [1, 2], [None], [3, 3, -5]],
     "x": [[], [1.5, nan, -1.0], [0.0, -0.0], [None, inf], [nan, nan, 2.0]], "s": ["a", "b", "", "c"], "n": [0, 1, 2, 3, -1, -2, 5], "k": [0, 1, 2, -1],
     "y": [0.0, nan, 1.5, -1.0]},
    [
        "flatten(array(a, b))", "flatten(array(i, j, i))", "size(flatten(array(i, j)))", "flatten(array(array(n), i))", "size(a)", "cardinality(i)", "array_size(x)", "array_contains(a, s)", "array_contains(i, n)", "array_contains(x, y)", "array_contains(i, 1)",
        "array_position(a, s)", "array_position(i, n)", "array_position(x, y)", "array_remove(a, s)", "array_remove(i, 1)", "array_remove(x, y)", "array_append(a, s)", "array_append(i, n)",
        "array_prepend(a, s)", "array_prepend(i, 7)", "array_insert(a, n, s)", "array_insert(i, n, k)", "array_insert(x, -1, y)", "array_insert(i, 2, null)", "array_insert(x, k, n)", "array_compact(a)", "array_compact(i)", "array_distinct(a)", "array_distinct(i)", "array_distinct(x)",
        "array_union(a, b)", "array_union(i, j)", "array_intersect(a, b)", "array_intersect(i, j)", "array_except(a, b)", "array_except(i, j)", "arrays_overlap(a, b)", "arrays_overlap(i, j)",
        "array_min(i)", "array_max(i)", "array_min(a)", "array_max(x)", "array_min(x)", "sort_array(a)", "sort_array(i, false)", "sort_array(x)", "sort_array(x, false)",
        "array_sort(a)", "array_sort(i)", "array_sort(x)", "array_join(a, ',')", "array_join(a, s, 'NULL')", "array_join(i, '-')", "array_repeat(s, k)", "array_repeat(n, 2)", "slice(a, n, k)",
        "slice(i, 2, 2)", "slice(i, -2, 2)", "element_at(a, n)", "element_at(i, 1)", "try_element_at(i, n)", "try_element_at(a, 3)", "get(a, n)", "get(i, 0)", "a[0]", "i[n]", "x[1]", "sequence(1, n)", "sequence(n, k)",
        "sequence(0, n, 2)", "array(n, k)", "array(s, 'q')", "array(1.5D, y)", "array(n, y)", "reverse(a)", "reverse(i)", "concat(a, b)", "concat(i, j)", "concat_ws(',', a)",
        "concat_ws(s, a, s, b)", "cast(i AS array<string>)", "cast(i AS array<double>)", "cast(x AS array<string>)", "cast(a AS array<string>)", "coalesce(i, j)", "if(n > 1, i, j)",
        "size(array_distinct(concat(a, b)))", "array_max(i) - array_min(i)", "a IS NULL", "size(a) > 1 AND a[0] = 'a'",
        "transform(a, p -> upper(p))", "transform(i, p -> p + n)", "transform(i, (p, at) -> p * at)", "transform(x, p -> isnan(p))",
        "transform(split(s, ''), c -> ascii(c))", "filter(i, p -> p > 1)", "filter(a, p -> p IS NOT NULL)", "filter(i, (p, at) -> at > 0)",
        "exists(i, p -> p > 2)", "exists(a, p -> p = s)", "forall(i, p -> p > 0)", "forall(x, p -> p < 2)", "size(filter(a, p -> p LIKE 'a%'))",
        "transform(filter(i, p -> p > 0), q -> cast(q AS double) / 2)", "transform(i, p -> size(filter(j, q -> q > p)))",
        "filter(array('a', s), p -> p <> 'a')", "exists(transform(a, p -> length(p)), p -> p > 1)",
        "aggregate(i, 0, (acc, p) -> acc + p)", "aggregate(i, 0, (acc, p) -> acc + coalesce(p, 0))", "aggregate(a, '', (acc, p) -> acc || p)",
        "aggregate(x, 0D, (acc, p) -> acc + p)", "aggregate(x, double(y), (acc, p) -> greatest(acc, p), acc -> acc * 2)", "aggregate(j, n, (acc, p) -> p)",
        "aggregate(i, 0L, (acc, p) -> acc + p, acc -> cast(acc AS double) / size(i))", "reduce(a, 0, (acc, p) -> acc + length(p), acc -> acc > 2)",
        "aggregate(filter(i, p -> p IS NOT NULL), 1L, (acc, p) -> acc * p)", "transform(j, q -> aggregate(i, q, (acc, p) -> if(p > acc, p, acc)))",
        "aggregate(i, 1, (p, q) -> p * q + aggregate(j, 0, (p, r) -> p + r))", "zip_with(i, j, (p, q) -> p + q)", "zip_with(a, b, (p, q) -> concat_ws('-', p, q))",
        "zip_with(x, i, (p, q) -> p * q)", "zip_with(i, a, (p, q) -> p IS NULL OR q = s)", "aggregate(zip_with(x, i, (p, q) -> p * q), 0D, (acc, p) -> acc + nvl(p, 0D))",
        "zip_with(split(s, ''), a, (p, q) -> q)", "array_sort(i, (p, q) -> coalesce(q, 0) - coalesce(p, 0))",
        "array_sort(a, (p, q) -> CASE WHEN length(p) < length(q) THEN -1 WHEN length(p) > length(q) THEN 1 ELSE 0 END)", "array_sort(j, (p, q) -> p - q)",
    ],
)  # fmt: skip
ZONED = Group(
    {"t": "timestamp", "v": "timestamp", "s": "string", "l": "long", "n": "integer", "d": "date"},
    {"t": [datetime(2024, 3, 10, 3, 30), datetime(2024, 3, 9, 2, 30), datetime(2024, 7, 1), datetime(2024, 12, 31, 23, 59, 59),
           datetime(1969, 12, 31, 20), datetime(2024, 11, 2, 5, 30)],
     "v": [datetime(2024, 11, 4), datetime(2024, 3, 10, 12), datetime(2023, 5, 5, 5, 5, 5)],
     "s": ["2024-03-10 02:30:00", "2024-07-01 12:00:00", "2024-07-01 12:00:00Z", "2024-01-01 00:00:00 Europe/Paris", "2024-03-10"],
     "l": [0, 1_710_055_800, 1_720_000_000, -1], "n": [0, 1, 2, -1, 25], "d": [date(2024, 3, 10), date(2024, 7, 1)]},
    [
        "unix_timestamp(t)", "unix_seconds(t)", "unix_millis(v)", "unix_timestamp(d)", "cast(t AS bigint)", "cast(t AS double)",
        "unix_timestamp(s, 'yyyy-MM-dd HH:mm:ss')", "cast(s AS timestamp)", "to_timestamp(s, 'yyyy-MM-dd HH:mm:ss')", "to_date(s)",
        "from_unixtime(l)", "from_unixtime(l, 'yyyy-MM-dd HH:mm')", "cast(l AS timestamp)", "timestamp_seconds(l)", "timestamp_millis(l)",
        "hour(t)", "date_trunc('day', t)", "date_trunc('hour', v)", "date_format(t, 'yyyy-MM-dd HH')", "timestampadd(HOUR, n, t)",
        "timestampadd(DAY, n, t)", "timestampadd(MONTH, n, t)", "t + INTERVAL 24 HOURS", "t - INTERVAL 25 HOURS", "t + INTERVAL 90 MINUTES", "t + INTERVAL 1 DAY", "timestampdiff(HOUR, t, v)",
        "timestampdiff(DAY, t, v)", "datediff(v, t)", "months_between(v, t)", "to_utc_timestamp(t, 'Asia/Tokyo')", "from_utc_timestamp(v, 'Asia/Tokyo')",
        "make_timestamp(2024, 3, 10, n, 30, 0)", "hash(t)", "xxhash64(v)", "cast(t AS string)", "cast(t AS date)", "t < s",
    ],
)  # fmt: skip
JSON = Group(
    {"s": "string", "n": "integer"},
    {"s": [*TEXTS, '{"a": 1}', '{"a": {"b": [1, 2.50, {"c": "x"}]}, "d": null}', r'{"a": "text", "b": "\u00e4\n"}', "[1, 2, 3]", "[]", "{}", '{"a": null, "a": 2}', '{"a": 1, "a": 2}',
           "{'a': 'it', \"b\": 'x\"y'}", r"{'a': 'don\'t'}", '{"a": 1e3, "b": -0, "d": 1E400}', '{"a": 01}', '{"a": .5}', '{"a": NaN}', '{"a": 1,}', '{"a": 1', '{"a": 1} x', '{"a" 1}', "{a: 1}",
           '  {"a" : [ 1 , "b" , null , {"c": 1.10} ] } ', '{"a": [null]}', "[null, true, false]", '"text"', "12", "1.50", "12x", "true", "truex", "null", '{"a": {"a": {"a": 7}}}', r'{"a": "\ud83d\ude00"}',
           r'{"a": "\ud83d"}', r'{"a": "\x"}', '{"a": "tab\there"}', '{"a": "line\nbreak\x01"}', '{"a": ["\x01\\"\\\\/\x7f\u2028"]}', '{"a": 123456789012345678901234567890, "b": 0.1}', '{"a": [[1, [2]], []]}',
           '{"a b": 1, "a.b": 2, "b": {"a": "é"}}', '[{"a": 1}, {"a": 2}]', '{"b": [10, 20], "a": 1e-5}', '{"a": 12345678.9, "b": 1.0E10}', '{"a":{"b":1},"a":{"c":2}}', '\ufeff{"a": 1}', '{"a": tru}',
           '{"a": true, "b": [1 2]}', '{"a": 5 }', "[1,2", '{"a": "x"', '{"a": -1.0}', '{"a": +1}', '{"a": 100000.0, "d": 1.0E-7}', '{"a": "q", }', '{"": 1}', '{"a": /* x */ 1}', r'{"a": "\/"}', "-", "-0", "{'a\"b': 1}",
           '{"a": ' + "9" * 1001 + "}", '{"a": [1.0, {"b": -0.0}]}', "1 2", "[1]]", "{'a': \"it's\"}", "\u00a0{}", '{"a": "\\u00E9", "b": "\\u0000"}'],
     "n": [0, 1]},
    [
        "get_json_object(s, '$')", "get_json_object(s, '$.a')", "get_json_object(s, '$.b')", "get_json_object(s, '$.a.b')", "get_json_object(s, '$.a.b[1]')", "get_json_object(s, '$.a[0]')",
        "get_json_object(s, '$.a[1]')", "get_json_object(s, '$[0]')", "get_json_object(s, '$[2]')", "get_json_object(s, '$[1].a')", "get_json_object(s, \"$['a']\")", "get_json_object(s, \"$['a'].b[2].c\")",
        "get_json_object(s, '$.a.c')", "get_json_object(s, '$.d')", "get_json_object(s, '$.a[3].c')", "get_json_object(s, '$.a[0][1][0]')", "try_cast(get_json_object(s, '$.a') AS double)",
        "json_array_length(s)", "json_object_keys(s)", "coalesce(get_json_object(s, '$.a.a.a'), n)", "array_contains(json_object_keys(s), 'a')", "get_json_object(concat('{\"k\":\"', s, '\"}'), '$.k')",
    ],
)  # fmt: skip
GROUPS = {
    "strings": STRINGS,
    "urls": URLS,
    "json": JSON,
    "patterns": PATTERNS,
    "numbers": NUMBERS,
    "dates": DATES,
    "arrays": ARRAYS,
}

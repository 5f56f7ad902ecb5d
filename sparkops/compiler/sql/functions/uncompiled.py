"""Functions of Spark that are not compiled, by the reason; operators that the grammar reads."""

from __future__ import annotations

from collections.abc import Mapping

# Listed by `SHOW FUNCTIONS`, and compiled as operators.
OPERATORS = frozenset((
    "!", "!=", "%", "&", "*", "+", "-", "/", "<", "<<", "<=", "<=>", "<>", "=", "==", ">", ">=", ">>", ">>>", "^",
    "|", "||", "~", "and", "between", "case", "cast", "div", "extract", "in", "not", "or", "when",
))  # fmt: skip
REASONS: Mapping[str, str] = {
    "time": "its value is the time of the query, which differs between training and scoring",
    "random": "its value is random, or depends on how Spark distributes the rows",
    "session": "its value describes Spark's session, not the row",
    "rows": "it combines several rows",
    "generator": "it makes several rows of one",
    "code": "it calls code of the JVM, or fails on purpose",
    "types": "its values are bytes, maps, structs, intervals, timestamps without a time zone, times of the day, "
    "variants, JSON, XML, CSV or geometries",
    "unwritten": "it has not been written yet",
}
_BY_REASON: Mapping[str, str] = {
    "time": "current_date curdate current_timestamp now localtimestamp current_time",
    "random": """rand random randn uniform randstr shuffle uuid monotonically_increasing_id spark_partition_id
        input_file_name input_file_block_start input_file_block_length""",
    "session": """current_catalog current_database current_schema current_timezone current_user user session_user
        version collations""",
    "rows": """any any_value approx_count_distinct approx_percentile approx_top_k approx_top_k_accumulate
        approx_top_k_combine approx_top_k_estimate array_agg avg bit_and bit_or bit_xor bitmap_and_agg
        bitmap_construct_agg bitmap_or_agg bool_and bool_or collect_list collect_set corr count count_if
        count_min_sketch covar_pop covar_samp cume_dist dense_rank every first first_value grouping grouping_id
        histogram_numeric hll_sketch_agg hll_union_agg kll_merge_agg_bigint kll_merge_agg_double
        kll_merge_agg_float kll_sketch_agg_bigint kll_sketch_agg_double kll_sketch_agg_float kurtosis lag last
        last_value lead listagg max max_by mean median min min_by mode nth_value ntile percent_rank percentile
        percentile_approx percentile_cont percentile_disc rank regr_avgx regr_avgy regr_count regr_intercept
        regr_r2 regr_slope regr_sxx regr_sxy regr_syy row_number schema_of_variant_agg session_window skewness
        some std stddev stddev_pop stddev_samp string_agg sum theta_intersection_agg theta_sketch_agg
        theta_union_agg try_avg try_sum var_pop var_samp variance window window_time""",
    "generator": """explode explode_outer inline inline_outer json_tuple posexplode posexplode_outer range sql_keywords
        stack variant_explode variant_explode_outer python_worker_logs""",
    "code": "assert_true java_method raise_error reflect try_reflect",
    "types": """aes_decrypt aes_encrypt arrays_zip binary bitmap_bit_position bitmap_bucket_number bitmap_count
        convert_timezone encode from_avro from_csv from_json from_protobuf from_xml hll_sketch_estimate
        hll_union is_variant_null kll_sketch_get_n_bigint kll_sketch_get_n_double kll_sketch_get_n_float
        kll_sketch_get_quantile_bigint kll_sketch_get_quantile_double kll_sketch_get_quantile_float
        kll_sketch_get_rank_bigint kll_sketch_get_rank_double kll_sketch_get_rank_float kll_sketch_merge_bigint
        kll_sketch_merge_double kll_sketch_merge_float kll_sketch_to_string_bigint kll_sketch_to_string_double
        kll_sketch_to_string_float make_dt_interval make_interval make_time make_timestamp_ntz make_ym_interval
        map_concat map_entries map_filter map_from_entries map_zip_with parse_json schema_of_avro schema_of_csv
        schema_of_json schema_of_variant schema_of_xml sentences st_asbinary st_geogfromwkb st_geomfromwkb
        st_setsrid st_srid theta_difference theta_intersection theta_sketch_estimate theta_union time time_diff
        time_trunc to_avro to_binary to_csv to_json to_protobuf to_time to_timestamp_ntz to_variant_object
        to_xml transform_keys transform_values try_aes_decrypt try_make_interval try_make_timestamp_ntz
        try_parse_json try_to_binary try_to_time try_variant_get unbase64 unhex variant_get xpath xpath_boolean
        xpath_double xpath_float xpath_int xpath_long xpath_number xpath_short xpath_string""",
    "unwritten": "to_char to_number to_varchar try_to_number",
}
UNCOMPILED: Mapping[str, str] = {
    name: reason for reason, names in _BY_REASON.items() for name in names.split()
}

# Functions that Spark calls by their name alone, unless a column has it.
WITHOUT_PARENTHESES = frozenset((
    "current_date", "current_timestamp", "current_time", "localtimestamp", "current_user", "user", "session_user",
))  # fmt: skip


def find_reason(name: str) -> str:
    """Return why a function is not compiled; empty if it is only not written yet, or unknown."""
    reason = UNCOMPILED.get(name, "unwritten")
    return "" if reason == "unwritten" else REASONS[reason]

//! One promise, two stores: the same tests again, on PostgreSQL.
//!
//! # Does not
//! Repeat what is about the file itself (the folder's lock, the group's commit on a full disk) or about its savepoints.

use super::postgres::on_postgres;

macro_rules! again {
    ($($module:ident: $($name:ident),* $(,)?;)*) => { $($(
        #[test]
        fn $name() {
            on_postgres(super::$module::$name);
        }
    )*)* };
}

again! {
    laws:
        a_recalled_quarter_hour_closes_what_lies_between_to_the_last_count,
        a_late_reading_that_contradicts_its_neighbours_is_set_aside_and_not_lost,
        a_reading_between_a_register_and_its_successor_joins_the_one_it_continues,
        a_gap_of_ten_years_is_one_bridge_that_keeps_the_sum,
        counts_that_no_register_has_stay_in_their_block_and_out_of_the_sums,
        the_audit_sees_a_row_a_bridge_and_a_mark_that_are_wrong,
    ;
    gaps:
        a_gap_record_is_a_block_and_a_row_that_says_whose_and_why,
        gaps_are_listed_by_period_site_and_gateway_a_page_at_a_time,
        a_generation_that_the_chain_names_and_nobody_has_is_a_hole_until_it_is_recalled,
        what_a_gap_record_explains_is_no_hole_whichever_comes_first,
        a_complete_generation_and_one_that_comes_back_are_no_holes,
        a_platform_that_had_nothing_before_has_lost_nothing,
        a_replaced_store_leaves_the_open_generations_of_the_old_one_as_holes,
        holes_without_end_are_counted_and_not_listed,
    ;
    clocks:
        samples_from_1970_wait_for_their_time_and_then_lie_where_they_were_taken,
        a_segment_that_nobody_has_told_of_waits_and_a_free_one_is_booked_in_doubt,
        a_live_generation_that_repeats_its_segments_is_booked_before_the_backlog_comes,
        output_belongs_to_the_product_that_ran_to_the_last_piece,
        a_trace_leads_to_the_records_of_its_readings,
    ;
    refusals:
        a_bad_record_is_kept_with_its_reason_and_all_others_are_taken,
        a_checksum_that_does_not_match_is_asked_for_once_more_before_it_is_refused,
        over_the_bound_nothing_is_lost_the_mark_stands_before_the_refusal,
        what_a_later_start_understands_is_taken_and_the_rest_stays,
    ;
    reports:
        a_period_gets_what_lies_inside_of_it_to_the_last_count,
        slots_are_expected_from_the_first_reading_ever_to_now,
        falls_are_counted_where_they_happen,
        a_sites_intervals_are_its_balance_by_carrier_and_product,
        a_register_that_runs_wild_fails_no_report,
        a_snapshot_never_changes_under_its_reader,
        what_was_declared_comes_back_with_its_site_and_goes_with_it,
    ;
    batches:
        a_repeat_changes_nothing_and_a_batch_across_the_mark_is_taken_in_part,
        a_number_used_for_two_contents_is_counted_and_the_first_stays,
        behind_a_hole_nothing_is_stored,
        a_generation_is_complete_when_it_is_stored_through_its_seal,
        marks_and_ledger_outlive_the_process_and_generations_are_apart,
        the_registry_is_replaced_as_a_whole_and_data_stays,
    ;
    signatures:
        an_honest_store_passes_and_says_what_is_not_signed_yet,
        an_edited_body_is_found_although_its_checksum_is_mended,
        a_record_taken_out_put_in_or_moved_is_found,
        a_forger_needs_the_gateways_key,
        without_the_check_of_the_signature_a_forgery_passes,
        the_first_key_counts_and_another_one_is_an_alarm,
    ;
    steel:
        the_steel_year_stays_exact_whatever_goes_wrong_in_it,
    ;
}

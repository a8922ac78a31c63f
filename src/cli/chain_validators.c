/*
 * pond chain validators: who makes and votes for blocks, and how they fare.
 */
#include "base/check.h"
#include "base/error.h"
#include "cli/chain.h"
#include "cli/commands.h"

#include <inttypes.h>
#include <stdio.h>

int chain_ask(struct session *session, const char *method, const char *params,
              const char *what, struct json_object **result)
{
    int status = session_status(
        session, client_call_wait(session->client, method, params, result));

    if (!status && !*result)
        return err_set(ERR_NOT_FOUND, "there is no %s", what);
    return status;
}

void chain_print_raw(struct json_object *result)
{
    struct buffer text = {0};

    json_text(result, &text);
    printf("%s\n", buffer_string(&text));
    buffer_free(&text);
}

/* ---- validators ---- */

static void print_text(struct output *output, const char *name,
                       struct json_object *object, const char *field)
{
    const char *text;

    if (json_get_text(object, field, &text) == 0)
        output_text(output, name, text);
}

static void print_u64(struct output *output, const char *name,
                      struct json_object *object, const char *field)
{
    uint64_t number;

    if (json_get_u64(object, field, &number) == 0)
        output_u64(output, name, number);
}

/* Those that are not zero, by their names in JSON; on a good day hardly any. */
static void print_counters(struct output *output, struct json_object *answer)
{
    struct json_object *counters;
    struct buffer text = {0};
    uint64_t value;

    if (json_get_object(answer, "counters", &counters) < 0)
        return;
    json_object_object_foreach(counters, name, unused)
    {
        (void)unused;
        if (json_get_u64(counters, name, &value) == 0 && value)
            buffer_format(&text, "%s%s %" PRIu64, text.size ? ", " : "", name,
                          value);
    }
    if (text.size)
        output_text(output, "counters", buffer_string(&text));
    buffer_free(&text);
}

static void print_network(struct output *output, struct json_object *answer)
{
    print_u64(output, "processed", answer, "processed");
    print_u64(output, "confirmed", answer, "confirmed");
    print_u64(output, "finalized", answer, "finalized");
    print_u64(output, "final_age_ms", answer, "finalAgeMs");
    print_text(output, "halted", answer, "halted");
    print_counters(output, answer);
    output_record(output);
    output_print(output);
}

static bool is_same_text(struct json_object *left, const char *left_field,
                         struct json_object *right, const char *right_field)
{
    const char *one, *other;

    return json_get_text(left, left_field, &one) == 0 &&
           json_get_text(right, right_field, &other) == 0 &&
           !strcmp(one, other);
}

/* What is said of it in a word: the one that answers, the one that leads. */
static const char *role_of(struct json_object *answer,
                           struct json_object *validator)
{
    bool is_self = is_same_text(answer, "self", validator, "identity");
    bool is_leader = is_same_text(answer, "leader", validator, "identity");
    bool is_connected = false;

    json_get_bool(validator, "connected", &is_connected);
    if (is_self)
        return is_leader ? "this one, leads" : "this one";
    if (is_leader)
        return is_connected ? "leads" : "leads, away";
    return is_connected ? "connected" : "away";
}

/* Fields that one has and another lacks stand in the table as "-". */
static void print_number_or_none(struct output *output, const char *name,
                                 struct json_object *object, const char *field)
{
    uint64_t number;

    if (json_get_u64(object, field, &number) == 0)
        output_u64(output, name, number);
    else
        output_text(output, name, "-");
}

static void print_text_or_none(struct output *output, const char *name,
                               struct json_object *object, const char *field)
{
    const char *text = "-";

    json_get_text(object, field, &text);
    output_text(output, name, text);
}

static void print_validator(struct output *output, struct json_object *answer,
                            struct json_object *validator)
{
    uint64_t stake = 0;

    json_get_u64(validator, "stake", &stake);
    print_text_or_none(output, "identity", validator, "identity");
    output_roe(output, "stake_roe", stake);
    print_number_or_none(output, "last_vote", validator, "lastVote");
    print_number_or_none(output, "behind", validator, "behind");
    print_number_or_none(output, "root", validator, "rootSlot");
    output_text(output, "state", role_of(answer, validator));
    print_text_or_none(output, "address", validator, "address");
    print_text_or_none(output, "version", validator, "version");
    output_record(output);
}

static int print_validators(struct output *output, struct json_object *answer)
{
    struct json_object *validators;
    int status = json_get_array(answer, "validators", &validators);

    if (status)
        return status;
    print_network(output, answer);
    printf("\n");
    output_list(output, "no validators");
    for (size_t i = 0; i < json_object_array_length(validators); i++) {
        struct json_object *validator =
            json_object_array_get_idx(validators, i);

        if (json_object_is_type(validator, json_type_object))
            print_validator(output, answer, validator);
    }
    output_print(output);
    return 0;
}

static int run_validators(struct cli *cli, const void *values)
{
    struct session session;
    struct json_object *answer = NULL;
    int status = session_open(cli, &session);

    if (status)
        return status;
    status = chain_ask(&session, "pondValidators", "[]", "validator", &answer);
    if (!status && cli->output.json)
        chain_print_raw(answer);
    else if (!status)
        status = print_validators(&cli->output, answer);
    json_object_put(answer);
    session_close(&session);
    return status;
}

const struct command command_chain_validators = {
    .name = "chain validators",
    .arguments = "",
    .summary = "print the validators, their stake and their votes",
    .details = "\"behind\": how many slots the newest vote is behind this "
               "endpoint. \"final age\": how long ago a block became final. "
               "\"counters\": what this endpoint dropped, cut off, fetched and "
               "forwarded since it was started. "
               "With --json it is pondValidators' answer.",
    .uses = COMMAND_RPC,
    .run = run_validators,
};

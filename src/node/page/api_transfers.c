/*
 * Coins and tokens that the operator sends; coins from a private network's
 * faucet; a picture of an address for a phone.
 *
 * A transfer is judged twice by the same function: when it is looked at before,
 * and when it is ordered.
 */
#include "base/base58.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/page/api.h"

#include <inttypes.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>

/* What a press on the faucet's button brings: 100 KOII. */
#define FAUCET_ROE 100000000000u
/* Bytes in a picture: an address is 44, a link some hundred. */
#define QR_TEXT_MAX 512

/* ---- what is asked ---- */

static int take_keys(struct json_object *body, struct transfer *out,
                     const char **field)
{
    const char *text;

    *field = "to";
    int status = json_get_text(body, "to", &text);
    if (!status)
        status = pubkey_parse(bytes_text(text), &out->to);
    if (status)
        return err_set(ERR_INVALID, "\"to\" is the address of a wallet");
    *field = "unit";
    status = json_get_text(body, "unit", &text);
    if (status == ERR_NOT_FOUND)
        return 0;
    out->is_token = true;
    return status ? status : pubkey_parse(bytes_text(text), &out->mint);
}

/* Staking keys belong to a task program, which alone moves what they hold. */
static int take_from(struct api_request *request, struct transfer *out,
                     const char **field)
{
    struct api *api = request->api;
    const char *text;
    struct pubkey from;

    *field = "from";
    out->from = *api_world(api)->wallet(api_world_user(api));
    int status = json_get_text(request->body, "from", &text);
    if (status == ERR_NOT_FOUND)
        return 0;
    if (!status)
        status = pubkey_parse(bytes_text(text), &from);
    if (!status && !pubkey_equal(&from, &out->from))
        status = err_set(ERR_INVALID, "coins are sent from the main wallet %s",
                         PUBKEY_TEXT(&out->from));
    return status;
}

/* False if it was answered. */
static bool take_transfer(struct api_request *request, struct transfer *out)
{
    const char *field = "to";
    int status = 0;

    *out = (struct transfer){0};
    if (!json_object_is_type(request->body, json_type_object))
        status = err_set(ERR_INVALID, "the body must be a JSON object");
    if (!status)
        status = take_keys(request->body, out, &field);
    if (!status)
        status = take_from(request, out, &field);
    if (!status) {
        field = "amount";
        status = api_take_amount(request->body, "amount", &out->amount);
    }
    if (status)
        api_refuse(request, 400, "form", field, "%s", err_text());
    return !status;
}

/* ---- looked at before ---- */

/* A request while the chain is asked. */
struct asking {
    struct api_request *request;
    struct transfer transfer;
};

static void field_amount(struct json_writer *writer, const char *name,
                         uint64_t amount)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, amount);
    json_field_text(writer, name, text);
}

static void answer_verdict(struct api_request *request,
                           const struct transfer_facts *facts,
                           const struct transfer_verdict *verdict)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    json_open_object(&writer);
    field_amount(&writer, "fee", verdict->fee);
    field_amount(&writer, "rent", verdict->rent);
    field_amount(&writer, "left", verdict->left);
    json_field_bool(&writer, "exists", facts->to_exists);
    json_field_u64(&writer, "sent_before", facts->sent_before);
    json_name(&writer, "warnings");
    json_open_array(&writer);
    for (size_t i = 0; transfer_warning_names[i]; i++)
        if (verdict->warnings & 1u << i)
            json_write_text(&writer, transfer_warning_names[i]);
    json_close_array(&writer);
    json_close_object(&writer);
    api_answer(request, &answer);
}

/* False if it can't be, or is not known, and was answered. */
static bool is_possible(struct asking *asking, int status,
                        const struct transfer_facts *facts,
                        struct transfer_verdict *verdict)
{
    if (status) {
        api_answer_error(asking->request, status);
        return false;
    }
    status = transfer_judge(&asking->transfer, facts, verdict);
    if (status)
        api_refuse(asking->request, 422, "refused", verdict->field, "%s",
                   err_text());
    return !status;
}

static void on_checked(void *user, int status,
                       const struct transfer_facts *facts)
{
    struct asking *asking = user;
    struct transfer_verdict verdict;

    if (is_possible(asking, status, facts, &verdict))
        answer_verdict(asking->request, facts, &verdict);
    free(asking);
}

static void look(struct api_request *request, api_transfer_seen *done)
{
    struct api *api = request->api;
    struct transfer transfer;

    if (!take_transfer(request, &transfer))
        return;
    struct asking *asking = mem_zero(1, sizeof(*asking));

    *asking = (struct asking){.request = request, .transfer = transfer};
    int status = api_world(api)->look_at_transfer(api_world_user(api),
                                                  &transfer, done, asking);
    if (status) {
        api_answer_error(request, status);
        free(asking);
    }
}

static void check(struct api_request *request)
{
    look(request, on_checked);
}

/* ---- ordered ---- */

static void on_looked(void *user, int status,
                      const struct transfer_facts *facts)
{
    struct asking *asking = user;
    struct api_request *request = asking->request;
    struct api *api = request->api;
    struct transfer_verdict verdict;

    if (is_possible(asking, status, facts, &verdict)) {
        status = api_world(api)->send_transfer(api_world_user(api),
                                               request->key, &asking->transfer);
        if (status)
            api_answer_error(request, status);
        else
            api_answer_job(request, "transfer", request->key);
    }
    free(asking);
}

/* One that was ordered before this life is not judged again: what it has done
 * already would count against it. */
static void order(struct api_request *request)
{
    struct api *api = request->api;
    struct api_transfer_state state;
    struct transfer transfer;

    if (api_world(api)->transfer_state(api_world_user(api), request->key,
                                       &state) ||
        !state.order.is_sent) {
        err_clear();
        look(request, on_looked);
        return;
    }
    if (!take_transfer(request, &transfer))
        return;
    int status = api_world(api)->send_transfer(api_world_user(api),
                                               request->key, &transfer);
    if (status)
        api_answer_error(request, status);
    else
        api_answer_job(request, "transfer", request->key);
}

/* ---- followed ---- */

static void write_state(const struct api_transfer_state *state,
                        struct json_writer *writer)
{
    static const struct signature none;
    char signature[BASE58_SIGNATURE_SIZE];

    json_open_object(writer);
    json_field_text(writer, "state", state->order.state);
    json_field_bool(writer, "sent", state->order.is_sent);
    json_field_text(writer, "from", PUBKEY_TEXT(&state->transfer.from));
    json_field_text(writer, "to", PUBKEY_TEXT(&state->transfer.to));
    field_amount(writer, "amount", state->transfer.amount);
    if (state->transfer.is_token)
        json_field_text(writer, "unit", PUBKEY_TEXT(&state->transfer.mint));
    if (memcmp(&state->order.signature, &none, sizeof(none)) != 0) {
        base58_signature(state->order.signature.bytes, signature);
        json_field_text(writer, "signature", signature);
    }
    if (state->order.slot)
        json_field_u64(writer, "slot", state->order.slot);
    if (*state->order.text)
        json_field_text(writer, "error", state->order.text);
    json_close_object(writer);
}

static void get_transfer(struct api_request *request)
{
    struct api *api = request->api;
    struct api_transfer_state state;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    int status = api_world(api)->transfer_state(api_world_user(api),
                                                request->parts[0], &state);

    if (!status)
        write_state(&state, &writer);
    api_finish(request, status, &answer);
}

static int look_at_job(struct api *api, const char *key, struct api_job *out)
{
    struct api_transfer_state state;
    int status =
        api_world(api)->transfer_state(api_world_user(api), key, &state);

    if (status)
        return status;
    *out = (struct api_job){.state = state.order.state, .of = 2};
    out->step = !strcmp(state.order.state, "done") ? 2
                : state.order.is_sent              ? 1
                                                   : 0;
    snprintf(out->text, sizeof(out->text), "%s", state.order.text);
    return 0;
}

/* ---- the faucet ---- */

static void on_given(void *user, int status)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    json_open_object(&writer);
    field_amount(&writer, "amount", FAUCET_ROE);
    json_close_object(&writer);
    api_finish(user, status, &answer);
}

static void ask_faucet(struct api_request *request)
{
    struct api *api = request->api;
    const struct api_world *world = api_world(api);
    int status =
        world->ask_faucet(api_world_user(api), FAUCET_ROE, on_given, request);

    if (status)
        api_answer_error(request, status);
}

static void add_faucet(struct api *api, struct json_object *can)
{
    if (api_world(api)->has_faucet(api_world_user(api)))
        json_object_array_add(can, json_object_new_string("faucet"));
}

/* ---- a picture of a text ---- */

static void write_code(const QRcode *code, struct buffer *out)
{
    size_t width = (size_t)code->width;
    char *row = mem_zero(width + 1, 1);
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    json_field_u64(&writer, "size", width);
    json_name(&writer, "rows");
    json_open_array(&writer);
    for (size_t y = 0; y < width; y++) {
        for (size_t x = 0; x < width; x++)
            row[x] = code->data[y * width + x] & 1 ? '1' : '0';
        json_write_text(&writer, row);
    }
    json_close_array(&writer);
    json_close_object(&writer);
    free(row);
}

/* Level M: readable with 15 % of it spoilt. */
static void get_code(struct api_request *request)
{
    const char *text = api_query(request, "text");
    size_t size = text ? strlen(text) : 0;
    struct buffer answer = {0};
    QRcode *code;

    if (!size || size > QR_TEXT_MAX) {
        api_refuse(request, 400, "form", "text", "\"text\" has 1 to %d bytes",
                   QR_TEXT_MAX);
        return;
    }
    code = QRcode_encodeData((int)size, (const unsigned char *)text, 0,
                             QR_ECLEVEL_M);
    if (!code) {
        api_answer_error(request, err_errno("no picture of that text"));
        return;
    }
    write_code(code, &answer);
    QRcode_free(code);
    api_answer(request, &answer);
}

/* ---- all of it ---- */

static const struct api_row rows[] = {
    {"POST", "transfers/check", API_READ, check},
    {"POST", "transfers", API_PROOF, order},
    {"GET", "transfers/*", API_READ, get_transfer},
    {"POST", "faucet", API_ORDER, ask_faucet},
    {"GET", "qr", API_READ, get_code},
};

static const struct api_job_kind jobs[] = {{"transfer", look_at_job, NULL}};

const struct api_area api_area_transfers = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .jobs = jobs,
    .job_count = sizeof(jobs) / sizeof(*jobs),
    .can = add_faucet,
};

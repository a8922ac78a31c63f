/*
 * What the method families of the RPC share: the request, its parameters, its
 * errors, and the JSON forms of keys, accounts and transactions. Only rpc_*.c
 * and pubsub.c include this.
 *
 * A method reads its parameters, writes exactly one JSON value to request->out,
 * and returns 0. If it returns one of the rpc_fail_* calls instead, the caller
 * drops what it wrote.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_REQUEST_H
#define POND_SETTLEMENT_RPC_RPC_REQUEST_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "settlement/ledger/ledger.h"
#include "settlement/rpc/rpc.h"

/* JSON-RPC's codes (below -32600) and Solana's own
 * (rpc-client-api/src/custom_error.rs). Clients branch on the numbers and match
 * on the words, so both are Solana's. */
enum rpc_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
    RPC_BLOCK_CLEANED_UP = -32001,
    RPC_PREFLIGHT_FAILURE = -32002,
    RPC_SIGNATURE_FAILURE = -32003,
    RPC_BLOCK_NOT_AVAILABLE = -32004,
    RPC_NODE_UNHEALTHY = -32005,
    RPC_SLOT_SKIPPED = -32007,
    RPC_NO_SNAPSHOT = -32008,
    RPC_UNSUPPORTED_TRANSACTION_VERSION = -32015,
    RPC_MIN_CONTEXT_SLOT_NOT_REACHED = -32016,
};

/*
 * One call, from its parameters to its answer. Invariants:
 *
 * 1. Everything that it reads of the ledger comes from view, which is opened at
 *    most once: parts of one answer never stem from two blocks.
 * 2. All that it borrows lies in arena, in view or in params, which live until
 *    the answer has been written.
 * 3. error_code is 0 until a call of rpc_fail; from then on the answer is an
 *    error.
 */
struct rpc_request {
    const struct rpc_options *options;
    struct json_object *params; /* an array, or NULL */
    struct json_writer out;
    struct arena arena;            /* freed with the request */
    enum ledger_level level;       /* the commitment; LEDGER_FINALIZED */
    struct ledger_view *view;      /* the snapshot; rpc_view() opens it */
    struct json_writer error_data; /* the error's "data", if it has one */
    struct buffer error_data_text;
    enum rpc_code error_code;
    const char *error_message; /* in the arena */
    uint64_t *units_left;      /* for simulations; a batch's calls share it */
    struct transaction *transaction; /* what prepare made; in the arena */
    const struct bank_after *after;  /* a simulation that is being shown: its
                                        accounts stand before the snapshot's */
};

/* A name that clients call, and what answers it. Any HTTP thread calls run,
 * several at a time: methods keep nothing between calls. The comment above each
 * method's function lists its parameters as [first, second?, ...]; a parameter
 * with ? may be left out. */
struct rpc_method {
    const char *name;

    /* How many parameters it needs, and how many it may have. Their number is
     * checked before anything else. */
    unsigned required;
    unsigned most;

    int (*run)(struct rpc_request *request);

    /* Reads request->transaction from the parameters, before any method of the
     * same batch of answers runs, so that the signatures of many calls are
     * checked together. NULL: nothing to prepare. */
    int (*prepare)(struct rpc_request *request);
};

/* The families' tables, each ending with a NULL name. */
extern const struct rpc_method rpc_account_methods[];
extern const struct rpc_method rpc_block_methods[];
extern const struct rpc_method rpc_cluster_methods[];
extern const struct rpc_method rpc_stake_methods[];
extern const struct rpc_method rpc_development_methods[];
extern const struct rpc_method rpc_development_account_methods[];
extern const struct rpc_method rpc_development_look_methods[];
extern const struct rpc_method rpc_leader_methods[];
extern const struct rpc_method rpc_pond_methods[];
extern const struct rpc_method rpc_send_methods[];
extern const struct rpc_method rpc_simulate_methods[];
extern const struct rpc_method rpc_validator_methods[];
extern const struct rpc_method rpc_task_methods[];
extern const struct rpc_method rpc_token_methods[];
extern const struct rpc_method rpc_transaction_methods[];

/* ---- Errors; each returns a negative ERR_* to be returned at once ---- */

int rpc_fail(struct rpc_request *request, enum rpc_code code,
             const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Fail with the status of another module's call: bad input becomes invalid
 * params, all else an internal error. err_text() is the message. */
int rpc_fail_status(struct rpc_request *request, int status);

/* "invalid type: …, expected …." in the words of serde. value: NULL is null. */
int rpc_wrong_type(struct rpc_request *request, struct json_object *value,
                   const char *expected);

#ifdef __clang_analyzer__ /* as in base/error.h */
#define rpc_fail(...) err_same((rpc_fail(__VA_ARGS__), ERR_REMOTE))
#define rpc_fail_status(request, status)                                       \
    err_same((rpc_fail_status(request, status), (status)))
#define rpc_wrong_type(...) err_same((rpc_wrong_type(__VA_ARGS__), ERR_REMOTE))
#endif

/* The snapshot this request reads, opened at the first call, at its level. */
int rpc_view(struct rpc_request *request, struct ledger_view **out);

/* The account as clients see it in the request's snapshot, or after the
 * simulation that is being shown: ERR_NOT_FOUND without an error of the request
 * if there is none. */
int rpc_find_account(struct rpc_request *request, const struct pubkey *key,
                     struct account *out);

/* The header of a slot, or Solana's error for a slot without a block. */
int rpc_find_header(struct rpc_request *request, uint64_t slot,
                    struct ledger_header *out);

/* One of many items of an answer (a block's transactions, a program's
 * accounts): rpc_items_end() gives back what they took from the arena, so
 * that a long list costs no more memory than its text. Between begin and end
 * only an error's words are kept in the arena. next: before each item. */
void rpc_items_begin(struct rpc_request *request, struct arena *outer);
void rpc_items_next(struct rpc_request *request);
void rpc_items_end(struct rpc_request *request, struct arena *outer);

/* ---- Calls ---- */

/* The members of a call other than its parameters, which go to the request. id
 * and method are borrowed from its JSON. */
struct rpc_envelope {
    struct json_object *id;     /* NULL: null, or an id that may not be shown */
    struct json_object *method; /* a text */
    bool has_id;                /* false: the client wants no answer */
};

/* Is the object a call of JSON-RPC 2.0? If not, out->id may be set all the
 * same, for the answer that says so. */
int rpc_envelope_read(struct rpc_request *request, struct json_object *object,
                      struct rpc_envelope *out);

/* ---- Parameters ---- */

/* The parameter at index, or NULL if it is absent or null. The readers refuse
 * both, so a method asks here first for a parameter that may be left out. */
struct json_object *rpc_parameter(const struct rpc_request *request,
                                  size_t index);
int rpc_parameter_text(struct rpc_request *request, size_t index,
                       const char **out);
int rpc_parameter_u64(struct rpc_request *request, size_t index, uint64_t *out);
/* Of a value from anywhere; errors as serde words them. */
int rpc_u64_of(struct rpc_request *request, struct json_object *value,
               uint64_t *out);
int rpc_parameter_key(struct rpc_request *request, size_t index,
                      struct pubkey *out);
/* Fail because a parameter that may have several forms has none of them. serde
 * then names only the type that has these forms. */
int rpc_wrong_form(struct rpc_request *request, const char *name);
/* Does the number of the parameters fit the method? */
int rpc_parameters_check(struct rpc_request *request,
                         const struct rpc_method *method);
int rpc_parameter_array(struct rpc_request *request, size_t index,
                        struct json_object **out);
/* The text at index of such an array; borrowed from it. */
int rpc_element_text(struct rpc_request *request, struct json_object *array,
                     size_t index, const char **out);
/* "Invalid param: …" as Solana words it. */
int rpc_key_of_text(struct rpc_request *request, const char *text,
                    struct pubkey *out);
int rpc_signature_of_text(struct rpc_request *request, const char *text,
                          struct signature *out);

/* The version of Solana whose API and programs these answers follow. Clients
 * compare it with the versions that introduced a method. */
#define RPC_SOLANA_VERSION "2.2.0"
/* Identifies the set of that version's features: the first bytes of a hash over
 * them. */
#define RPC_FEATURE_SET 3294202862u

enum rpc_encoding {
    RPC_ENCODING_BINARY, /* the oldest form: a bare base58 string */
    RPC_ENCODING_BASE58,
    RPC_ENCODING_BASE64,
    RPC_ENCODING_BASE64_ZSTD,
    RPC_ENCODING_JSON,
    RPC_ENCODING_JSON_PARSED,
};

/* A word that a parameter may be, and what it stands for. */
struct rpc_word {
    const char *name;
    int value;
};

/* Which of the words value is: "unknown variant" for any other text, and
 * another type is an error too. words ends with a NULL name and stands in the
 * order in which the error lists them: Solana's. */
int rpc_read_word(struct rpc_request *request, struct json_object *value,
                  const struct rpc_word *words, int *out);

/* "unknown variant": name is none of those words. */
int rpc_unknown_word(struct rpc_request *request, const char *name,
                     const struct rpc_word *words);

/* The options object many methods take. */
struct rpc_config {
    struct json_object *object; /* borrowed; NULL if absent */
    bool has_encoding;
    enum rpc_encoding encoding;
    bool has_slice;   /* dataSlice */
    bool is_notified; /* accounts: for notifications, which never fail */
    uint64_t slice_offset;
    uint64_t slice_length;
};

/* Read the object and its commitment, before the snapshot is opened. A
 * commitment that is not a known word counts as absent. The functions below
 * read further options, each for the methods that have them. */
int rpc_config_open(struct rpc_request *request, size_t index,
                    struct rpc_config *out);
/* "encoding" and "dataSlice" of accounts. */
int rpc_config_account(struct rpc_request *request, struct rpc_config *config);
/* "encoding" of transactions; value: of the object, or by itself. */
int rpc_config_transaction(struct rpc_request *request,
                           struct rpc_config *config);
int rpc_transaction_encoding(struct rpc_request *request,
                             struct rpc_config *config,
                             struct json_object *value);
/* "minContextSlot", held against the snapshot. */
int rpc_config_min_slot(struct rpc_request *request,
                        const struct rpc_config *config);

/* Options that are nothing but a commitment and a minContextSlot; and those of
 * methods that show accounts. */
int rpc_config(struct rpc_request *request, size_t index,
               struct rpc_config *out);
int rpc_account_config(struct rpc_request *request, size_t index,
                       struct rpc_config *out);

/* The parameter at index is {"commitment":…} and nothing else; the commitment
 * has to be a known word. Before the snapshot is opened. */
int rpc_commitment(struct rpc_request *request, size_t index);
/* The same of a field of the options that is a bare word. */
int rpc_config_commitment(struct rpc_request *request,
                          const struct rpc_config *config, const char *name);

/* The word for a level, and the level that a block of the snapshot has reached.
 */
const char *rpc_level_name(enum ledger_level level);
enum ledger_level rpc_level_of(const struct ledger_view *view, uint64_t slot);

/* For methods about blocks and transactions, which Solana does not show before
 * they are confirmed: a commitment of "processed" is an error. */
int rpc_require_confirmed(struct rpc_request *request);

/* For methods that need nothing of their options but those checks: read them,
 * open the snapshot, and give its newest block. */
int rpc_tip(struct rpc_request *request, size_t index,
            const struct bank_info **out);

/* A boolean of the options object; fallback if it is absent. */
int rpc_config_bool(struct rpc_request *request,
                    const struct rpc_config *config, const char *name,
                    bool fallback, bool *out);
/* A number of the options object; *present says whether it is there. */
int rpc_config_u64(struct rpc_request *request, const struct rpc_config *config,
                   const char *name, bool *present, uint64_t *out);

/* A key of the options object, in base58. */
int rpc_config_key(struct rpc_request *request, const struct rpc_config *config,
                   const char *name, bool *present, struct pubkey *out);

/* ---- Writing ---- */

void rpc_write_key(struct json_writer *out, const struct pubkey *key);
void rpc_field_key(struct json_writer *out, const char *name,
                   const struct pubkey *key);
void rpc_write_signature(struct json_writer *out,
                         const struct signature *signature);
void rpc_field_hash(struct json_writer *out, const char *name,
                    const struct hash *hash);
void rpc_field_signature(struct json_writer *out, const char *name,
                         const struct signature *signature);

/* The answer of getEpochInfo: tip's counts, at that slot. */
void rpc_write_epoch_info(struct json_writer *out, const struct bank_info *tip,
                          uint64_t slot);

/* {"context":{"apiVersion":…,"slot":…},"value": … the caller writes the value
 * and calls rpc_close_context(). */
void rpc_open_context(struct json_writer *out, uint64_t slot);
void rpc_close_context(struct json_writer *out);

/* Bytes as [text, encoding] (or a bare text for RPC_ENCODING_BINARY). Base58
 * of more than 128 bytes is refused, as Solana does. */
int rpc_write_data(struct rpc_request *request, struct json_writer *out,
                   struct bytes data, enum rpc_encoding encoding);

/* The same, but a note stands in the place of data that is too long for base58.
 */
int rpc_write_data_or_note(struct rpc_request *request, struct json_writer *out,
                           struct bytes data, enum rpc_encoding encoding);

/* Append the reason why text is not valid in that encoding, as Solana's
 * decoders name it. */
void rpc_decode_error(const char *text, enum rpc_encoding encoding,
                      struct buffer *out);

/* Append the bytes of a text in base58 or base64: a transaction or message,
 * which a packet bounds. type is its name in Solana's errors. */
int rpc_decode_packet(struct rpc_request *request, const char *text,
                      enum rpc_encoding encoding, const char *type,
                      struct buffer *out);

#endif

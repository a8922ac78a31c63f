/*
 * Reading and writing go through the same fields in the same order; a test
 * checks that they are inverse. The accounts are a table with a row for each
 * instruction and a byte for each account.
 *
 * Reading is strict. Each instruction has one length and every field one form,
 * so that no two byte strings mean the same and a client's mistake shows at
 * once. What K2's own program lets pass beyond that is not public.
 *
 * Nothing is copied: texts point into the instruction's data, which lives as
 * long as the transaction. The programs check the rules of the task (does a
 * window fit, is a round due), not this codec.
 */
#include "settlement/format/task_instruction.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/format/account.h"
#include "settlement/format/task_address.h"
#include "settlement/format/well_known.h"
#include <inttypes.h>

/* The size of HandleManagerAccounts' text. */
#define OPERATION_SIZE 24

/* As they stand in logs, and in explorers that read them. */
const char *task_instruction_name(enum task_instruction_kind kind)
{
    switch (kind) {
    case TASK_CREATE:
        return "CreateTask";
    case TASK_SUBMIT:
        return "SubmitTask";
    case TASK_AUDIT_SUBMISSIONS:
        return "AuditSubmissions";
    case TASK_AUDIT_DISTRIBUTION:
        return "AuditDistribution";
    case TASK_PAYOUT:
        return "Payout";
    case TASK_WHITELIST:
        return "Whitelist";
    case TASK_SET_ACTIVE:
        return "SetActive";
    case TASK_CLAIM_REWARD:
        return "ClaimReward";
    case TASK_FUND:
        return "FundTask";
    case TASK_STAKE:
        return "Stake";
    case TASK_WITHDRAW:
        return "Withdraw";
    case TASK_UPLOAD_DISTRIBUTION_LIST:
        return "UploadDistributionList";
    case TASK_SUBMIT_DISTRIBUTION_LIST:
        return "SubmitDistributionList";
    case TASK_UPDATE:
        return "UpdateTask";
    case TASK_DELETE:
        return "DeleteTask";
    case TASK_HANDLE_MANAGER_ACCOUNTS:
        return "HandleManagerAccounts";
    }
    return "unknown";
}

/* ---- Reading ---- */

/* ns64 of K2's clients: signed on the wire, never negative in use. So every
 * number that gets in is below 2^63, and two of them can be added without
 * overflow: task_admin_check_terms() and the rounds rely on that. */
static int read_number(struct reader *reader, const char *name, uint64_t *out)
{
    uint64_t value;
    int status = reader_u64le(reader, &value);
    if (status)
        return err_add(status, "%s", name);
    if (value > INT64_MAX)
        return err_set(ERR_INVALID, "%s is negative", name);
    *out = value;
    return 0;
}

/* Texts must be UTF-8, so that every text in the state can be rendered as JSON
 * without loss. */
static int read_text(struct reader *reader, const char *name, size_t size,
                     struct bytes *out)
{
    struct bytes field;
    int status = reader_take(reader, size, &field);
    if (status)
        return err_add(status, "%s", name);
    field = bytes_trim_right(field, ' ');
    if (!bytes_is_utf8(field))
        return err_set(ERR_INVALID, "%s is not UTF-8", name);
    *out = field;
    return 0;
}

/* A flag takes eight bytes because K2's native layout has only numbers and
 * texts. */
static int read_flag(struct reader *reader, const char *name, bool *out)
{
    uint64_t value;
    int status = read_number(reader, name, &value);
    if (status)
        return status;
    if (value > 1)
        return err_set(ERR_INVALID, "%s is neither 0 nor 1", name);
    *out = value == 1;
    return 0;
}

/* The four texts that the terms begin with. */
static int read_terms_texts(struct reader *reader, struct task_terms *terms)
{
    int status =
        read_text(reader, "task_name", TASK_NAME_SIZE, &terms->task_name);
    if (!status)
        status = read_text(reader, "task_description", TASK_TEXT_SIZE,
                           &terms->task_description);
    if (!status)
        status = read_text(reader, "task_audit_program", TASK_TEXT_SIZE,
                           &terms->task_audit_program);
    if (!status)
        status = read_text(reader, "task_executable_network", TASK_TEXT_SIZE,
                           &terms->task_executable_network);
    return status;
}

/* In the order of the wire: the audit window comes before the submission
 * window. UpdateTask has no total: the bounty is what the old task has left. */
static int read_terms(struct reader *reader, bool with_total,
                      struct task_terms *terms)
{
    int status = read_terms_texts(reader, terms);
    if (!status && with_total)
        status = read_number(reader, "total_bounty_amount",
                             &terms->total_bounty_amount);
    if (!status)
        status = read_number(reader, "bounty_amount_per_round",
                             &terms->bounty_amount_per_round);
    if (!status)
        status = read_number(reader, "round_time", &terms->round_time);
    if (!status)
        status = read_number(reader, "audit_window", &terms->audit_window);
    if (!status)
        status =
            read_number(reader, "submission_window", &terms->submission_window);
    if (!status)
        status = read_number(reader, "minimum_stake_amount",
                             &terms->minimum_stake_amount);
    if (!status)
        status = read_text(reader, "task_metadata", TASK_TEXT_SIZE,
                           &terms->task_metadata);
    if (!status)
        status =
            read_text(reader, "task_vars", TASK_TEXT_SIZE, &terms->task_vars);
    if (!status)
        status = read_number(reader, "allowed_failed_distributions",
                             &terms->allowed_failed_distributions);
    return status;
}

/* The size field is always 508, also in the last chunk, which is padded with
 * zeros. Another size would move every chunk's place. */
static int read_chunk(struct reader *reader, struct task_instruction *out)
{
    uint16_t size = 0;
    int status = reader_u16le(reader, &out->chunk.number);
    if (!status)
        status = reader_u16le(reader, &size);
    if (!status)
        status = reader_take(reader, TASK_CHUNK_DATA_SIZE, &out->chunk.data);
    if (status)
        return status;
    /* The data has its length whatever the field says. */
    if (size != TASK_CHUNK_DATA_SIZE)
        return err_set(ERR_INVALID, "the chunk's size is %u, not %d",
                       (unsigned)size, TASK_CHUNK_DATA_SIZE);
    return read_number(reader, "round", &out->round);
}

static const char *const operation_names[] = {
    [TASK_MANAGER_INIT] = "init",
    [TASK_MANAGER_INSERT] = "insert",
    [TASK_MANAGER_REMOVE] = "remove",
};

/* K2 writes the operation as a word. */
static int read_operation(struct reader *reader,
                          enum task_manager_operation *out)
{
    struct bytes text;
    int status = read_text(reader, "operation", OPERATION_SIZE, &text);
    if (status)
        return status;
    for (int i = TASK_MANAGER_INIT; i <= TASK_MANAGER_REMOVE; i++) {
        if (bytes_equal(text, bytes_text(operation_names[i]))) {
            *out = (enum task_manager_operation)i;
            return 0;
        }
    }
    return err_set(ERR_INVALID, "no operation has this name");
}

/* What follows the index byte, for each kind. */
static int read_body(struct reader *reader, struct task_instruction *out)
{
    int status;
    switch (out->kind) {
    case TASK_CREATE:
    case TASK_UPDATE:
        return read_terms(reader, out->kind == TASK_CREATE, &out->terms);
    case TASK_SUBMIT:
        status =
            read_text(reader, "submission", TASK_SUBMISSION_SIZE, &out->value);
        return status ? status : read_number(reader, "round", &out->round);
    case TASK_AUDIT_SUBMISSIONS:
    case TASK_AUDIT_DISTRIBUTION:
        status = read_flag(reader, "is_valid", &out->flag);
        return status ? status : read_number(reader, "round", &out->round);
    case TASK_PAYOUT:
    case TASK_SUBMIT_DISTRIBUTION_LIST:
        return read_number(reader, "round", &out->round);
    case TASK_WHITELIST:
    case TASK_SET_ACTIVE:
        return read_flag(reader, "the flag", &out->flag);
    case TASK_FUND:
        return read_number(reader, "amount", &out->amount);
    case TASK_STAKE:
        status = read_number(reader, "amount", &out->amount);
        return status ? status
                      : read_text(reader, "ip_address", TASK_TEXT_SIZE,
                                  &out->ip_address);
    case TASK_UPLOAD_DISTRIBUTION_LIST:
        return read_chunk(reader, out);
    case TASK_HANDLE_MANAGER_ACCOUNTS:
        return read_operation(reader, &out->operation);
    case TASK_CLAIM_REWARD:
    case TASK_WITHDRAW:
    case TASK_DELETE:
        return 0;
    }
    return err_set(ERR_INVALID, "no instruction has the index %d",
                   (int)out->kind);
}

/* reader_end() makes lengths exact. The error names the instruction because the
 * log shows the error to a client's author. */
int task_instruction_parse(struct bytes data, struct task_instruction *out)
{
    struct reader reader = reader_make(data);
    uint8_t index;
    memset(out, 0, sizeof(*out));
    int status = reader_u8(&reader, &index);
    if (status)
        return status;
    /* Not checked yet: read_body() refuses what it has no case for. */
    out->kind = (enum task_instruction_kind)index;
    status = read_body(&reader, out);
    if (!status)
        status = reader_end(&reader);
    return status ? err_add(status, "%s", task_instruction_name(out->kind)) : 0;
}

/* ---- Writing ---- */

/* A number from 2^63 on would read as negative. */
static int write_number(struct buffer *out, const char *name, uint64_t value)
{
    if (value > INT64_MAX)
        return err_set(ERR_RANGE, "%s is larger than 2^63 - 1", name);
    buffer_u64le(out, value);
    return 0;
}

/* Padded with spaces on the right, as K2's clients do. Reading trims all of
 * them, so a text can't end in a space. */
static int write_text(struct buffer *out, const char *name, size_t size,
                      struct bytes text)
{
    if (text.size > size)
        return err_set(ERR_LIMIT, "%s has %zu bytes; at most %zu fit", name,
                       text.size, size);
    if (!bytes_is_utf8(text))
        return err_set(ERR_INVALID, "%s is not UTF-8", name);
    CHECK(text.data || !text.size);
    buffer_bytes(out, text);
    memset(buffer_reserve(out, size - text.size), ' ', size - text.size);
    out->size += size - text.size;
    return 0;
}

/* As read_terms_texts() reads them. */
static int write_terms_texts(struct buffer *out, const struct task_terms *terms)
{
    int status = write_text(out, "task_name", TASK_NAME_SIZE, terms->task_name);
    if (!status)
        status = write_text(out, "task_description", TASK_TEXT_SIZE,
                            terms->task_description);
    if (!status)
        status = write_text(out, "task_audit_program", TASK_TEXT_SIZE,
                            terms->task_audit_program);
    if (!status)
        status = write_text(out, "task_executable_network", TASK_TEXT_SIZE,
                            terms->task_executable_network);
    return status;
}

/* As read_terms() reads them. */
static int write_terms(struct buffer *out, bool with_total,
                       const struct task_terms *terms)
{
    int status = write_terms_texts(out, terms);
    if (!status && with_total)
        status = write_number(out, "total_bounty_amount",
                              terms->total_bounty_amount);
    if (!status)
        status = write_number(out, "bounty_amount_per_round",
                              terms->bounty_amount_per_round);
    if (!status)
        status = write_number(out, "round_time", terms->round_time);
    if (!status)
        status = write_number(out, "audit_window", terms->audit_window);
    if (!status)
        status =
            write_number(out, "submission_window", terms->submission_window);
    if (!status)
        status = write_number(out, "minimum_stake_amount",
                              terms->minimum_stake_amount);
    if (!status)
        status = write_text(out, "task_metadata", TASK_TEXT_SIZE,
                            terms->task_metadata);
    if (!status)
        status = write_text(out, "task_vars", TASK_TEXT_SIZE, terms->task_vars);
    if (!status)
        status = write_number(out, "allowed_failed_distributions",
                              terms->allowed_failed_distributions);
    return status;
}

/* buffer_resize() pads with zeros, which end the list for its reader. */
static int write_chunk(struct buffer *out,
                       const struct task_instruction *instruction)
{
    struct bytes data = instruction->chunk.data;
    CHECK(data.data || !data.size);
    if (data.size > TASK_CHUNK_DATA_SIZE)
        return err_set(ERR_LIMIT, "a chunk holds at most %d bytes",
                       TASK_CHUNK_DATA_SIZE);
    buffer_u16le(out, instruction->chunk.number);
    buffer_u16le(out, TASK_CHUNK_DATA_SIZE);
    buffer_bytes(out, data);
    buffer_resize(out, out->size + TASK_CHUNK_DATA_SIZE - data.size);
    return write_number(out, "round", instruction->round);
}

/* What follows the index byte. The errors name the field because a person or a
 * configuration file filled it in. */
static int write_body(struct buffer *out, const struct task_instruction *from)
{
    int status;
    switch (from->kind) {
    case TASK_CREATE:
    case TASK_UPDATE:
        return write_terms(out, from->kind == TASK_CREATE, &from->terms);
    case TASK_SUBMIT:
        status =
            write_text(out, "submission", TASK_SUBMISSION_SIZE, from->value);
        return status ? status : write_number(out, "round", from->round);
    case TASK_AUDIT_SUBMISSIONS:
    case TASK_AUDIT_DISTRIBUTION:
        buffer_u64le(out, from->flag);
        return write_number(out, "round", from->round);
    case TASK_PAYOUT:
    case TASK_SUBMIT_DISTRIBUTION_LIST:
        return write_number(out, "round", from->round);
    case TASK_WHITELIST:
    case TASK_SET_ACTIVE:
        buffer_u64le(out, from->flag);
        return 0;
    case TASK_FUND:
        return write_number(out, "amount", from->amount);
    case TASK_STAKE:
        status = write_number(out, "amount", from->amount);
        return status ? status
                      : write_text(out, "ip_address", TASK_TEXT_SIZE,
                                   from->ip_address);
    case TASK_UPLOAD_DISTRIBUTION_LIST:
        return write_chunk(out, from);
    case TASK_HANDLE_MANAGER_ACCOUNTS:
        CHECK(from->operation <= TASK_MANAGER_REMOVE);
        return write_text(out, "operation", OPERATION_SIZE,
                          bytes_text(operation_names[from->operation]));
    case TASK_CLAIM_REWARD:
    case TASK_WITHDRAW:
    case TASK_DELETE:
        return 0;
    }
    CHECK(false);
    return 0;
}

/* On an error out is as it was before. */
int task_instruction_build(const struct task_instruction *instruction,
                           struct buffer *out)
{
    size_t before = out->size;
    CHECK(instruction->kind <= TASK_HANDLE_MANAGER_ACCOUNTS);
    buffer_u8(out, (uint8_t)instruction->kind);
    int status = write_body(out, instruction);
    if (status)
        out->size = before;
    return status;
}

/* ---- Accounts ---- */

/* The role of an account; 6 bits of a table's byte. ROLE_END is 0, so the
 * unused rest of a row ends the row. */
enum role {
    ROLE_END,
    ROLE_TASK,
    ROLE_STAKE_POT,
    ROLE_ACTOR,
    ROLE_OTHER,
    ROLE_DATA_ACCOUNT,
    ROLE_SECOND_ACTOR,
    ROLE_NEW_TASK,
    ROLE_NEW_STAKE_POT,
    ROLE_MANAGER_LIST,
    ROLE_BURN,
    ROLE_CLOCK,
    ROLE_SYSTEM,
};

/* Flags in the two upper bits of a table's byte, the role in the lower six. */
#define S 0x40 /* signs */
#define W 0x80 /* is written */
#define ROLE(byte) ((enum role)((byte)&0x3f))

/* A row for each instruction. K2 does not publish some rows of its native
 * program (SubmitTask, both audits, Payout, SubmitDistributionList): those are
 * taken from the KPL task program. */
static const uint8_t account_lists[][TASK_ACCOUNTS_MAX + 1] = {
    /* The payer first: Koii's clients pay the fee from it too. A fifth account
     * (koii_vars) may follow, which Pond never sends. */
    [TASK_CREATE] = {ROLE_ACTOR | S | W, ROLE_TASK | S | W, ROLE_STAKE_POT | W,
                     ROLE_CLOCK},
    [TASK_SUBMIT] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_CLOCK},
    [TASK_AUDIT_SUBMISSIONS] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_OTHER,
                                ROLE_CLOCK},
    [TASK_AUDIT_DISTRIBUTION] = {ROLE_TASK | W, ROLE_ACTOR | S | W,
                                 ROLE_OTHER | W, ROLE_CLOCK},
    [TASK_PAYOUT] = {ROLE_TASK | W, ROLE_CLOCK, ROLE_DATA_ACCOUNT | W},
    /* These two only read the manager list, to see whether the actor stands in
     * it. */
    [TASK_WHITELIST] = {ROLE_TASK | W, ROLE_ACTOR | S, ROLE_MANAGER_LIST},
    [TASK_SET_ACTIVE] = {ROLE_TASK | W, ROLE_ACTOR | S, ROLE_MANAGER_LIST},
    [TASK_CLAIM_REWARD] = {ROLE_TASK | W, ROLE_ACTOR | S | W,
                           ROLE_STAKE_POT | W, ROLE_OTHER | W},
    /* The actor is a temporary account that the program owns (task_stake.c). */
    [TASK_FUND] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_STAKE_POT | W,
                   ROLE_SYSTEM, ROLE_CLOCK},
    [TASK_STAKE] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_STAKE_POT | W,
                    ROLE_CLOCK},
    [TASK_WITHDRAW] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_CLOCK},
    /* The task is not written, so uploads for one task don't stand in each
     * other's way. */
    [TASK_UPLOAD_DISTRIBUTION_LIST] = {ROLE_TASK, ROLE_DATA_ACCOUNT | S | W},
    [TASK_SUBMIT_DISTRIBUTION_LIST] = {ROLE_TASK | W, ROLE_ACTOR | S | W,
                                       ROLE_DATA_ACCOUNT | S | W, ROLE_CLOCK},
    [TASK_UPDATE] = {ROLE_ACTOR | S | W, ROLE_TASK | W, ROLE_STAKE_POT | W,
                     ROLE_CLOCK, ROLE_NEW_TASK | S | W, ROLE_NEW_STAKE_POT | W},
    [TASK_DELETE] = {ROLE_TASK | W, ROLE_ACTOR | S, ROLE_STAKE_POT | W,
                     ROLE_BURN | W, ROLE_MANAGER_LIST},
};

/* HandleManagerAccounts is the one instruction whose accounts depend on more
 * than its kind. */
static const uint8_t manager_init_accounts[TASK_ACCOUNTS_MAX + 1] = {
    ROLE_MANAGER_LIST | W, ROLE_ACTOR | S};
static const uint8_t manager_change_accounts[TASK_ACCOUNTS_MAX + 1] = {
    ROLE_MANAGER_LIST | W, ROLE_ACTOR | S, ROLE_SECOND_ACTOR | S, ROLE_OTHER};

/* The key of an account. Sysvars, programs and the derived list are filled in
 * here, so that a caller gives only the parties. Deriving the manager list's
 * address costs a hash for each bump that is tried. */
static struct pubkey role_key(enum role role,
                              const struct task_parties *parties)
{
    switch (role) {
    case ROLE_TASK:
        return parties->task;
    case ROLE_STAKE_POT:
        return parties->stake_pot;
    case ROLE_ACTOR:
        return parties->actor;
    case ROLE_OTHER:
        return parties->other;
    case ROLE_DATA_ACCOUNT:
        return parties->data_account;
    case ROLE_SECOND_ACTOR:
        return parties->second_actor;
    case ROLE_NEW_TASK:
        return parties->new_task;
    case ROLE_NEW_STAKE_POT:
        return parties->new_stake_pot;
    case ROLE_MANAGER_LIST:
        return task_address_manager_list();
    case ROLE_BURN:
        return task_address_burn;
    case ROLE_CLOCK:
        return CLOCK_SYSVAR_ID;
    case ROLE_SYSTEM:
    case ROLE_END:
        break;
    }
    CHECK(role == ROLE_SYSTEM);
    return SYSTEM_PROGRAM_ID;
}

/* The places of sysvars and programs are kept, though nothing here reads them,
 * because other programs that build on K2 count on the order. */
size_t task_instruction_accounts(enum task_instruction_kind kind,
                                 enum task_manager_operation operation,
                                 const struct task_parties *parties,
                                 struct account_meta out[TASK_ACCOUNTS_MAX])
{
    const uint8_t *list;
    if (kind == TASK_HANDLE_MANAGER_ACCOUNTS) {
        list = operation == TASK_MANAGER_INIT ? manager_init_accounts
                                              : manager_change_accounts;
    } else {
        CHECK((size_t)kind < sizeof(account_lists) / sizeof(*account_lists));
        list = account_lists[kind];
    }
    CHECK(list[0] != ROLE_END);
    size_t count = 0;
    /* Every row ends with at least one ROLE_END. */
    for (; list[count] != ROLE_END; count++) {
        CHECK(count < TASK_ACCOUNTS_MAX);
        out[count] = (struct account_meta){
            .key = role_key(ROLE(list[count]), parties),
            .signer = list[count] & S,
            .writable = list[count] & W,
        };
    }
    return count;
}

/* ---- Costs ---- */

/* The numbers are those of Koii's CLI and node, which add 1,000 and 10,000 roe
 * to the rent without saying why. */
uint64_t task_instruction_create_lamports(uint64_t space)
{
    return rent_minimum_balance(space) + 1000;
}

uint64_t task_instruction_stake_lamports(void)
{
    return rent_minimum_balance(1000) + 10000;
}

uint64_t task_instruction_fund_lamports(void)
{
    return rent_minimum_balance(TASK_FUNDER_SPACE) + 1000;
}

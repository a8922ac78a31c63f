/*
 * KPL's instructions are converted to native ones where they differ, and the
 * native codec reads and writes them. So there is one set of rules for texts
 * and numbers, and one struct for the programs.
 *
 * They differ in three things: the index past 13, flags of one byte instead of
 * eight, and a seed after the terms. (KPL's clients also pad a list's last
 * chunk with spaces and not with zeros; the list's reader skips both.)
 *
 * The cost is a copy of each instruction, of at most 520 bytes.
 */
#include "settlement/format/kpl_instruction.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/address.h"
#include "crypto/hash.h"
#include "settlement/format/task_address.h"
#include "settlement/format/well_known.h"

/* From this kind on KPL's index is one less than the native one: the native
 * program does not use 13, and KPL does not skip it. */
#define FIRST_SHIFTED TASK_UPDATE
#define LAST_INDEX (TASK_HANDLE_MANAGER_ACCOUNTS - 1)

/* Whether the instruction makes a stake pot. */
static bool has_seed(enum task_instruction_kind kind)
{
    return kind == TASK_CREATE || kind == TASK_UPDATE;
}

/* Whether the byte after the index is a flag, which the native program writes
 * as 8 bytes. */
static bool has_flag(enum task_instruction_kind kind)
{
    return kind == TASK_AUDIT_SUBMISSIONS || kind == TASK_AUDIT_DISTRIBUTION ||
           kind == TASK_WHITELIST || kind == TASK_SET_ACTIVE;
}

/* ---- Reading ---- */

/* Append the native instruction's bytes, and read the seed after them. The
 * native reader checks the length, which must be exact. */
static int carry_over(struct reader *reader, enum task_instruction_kind kind,
                      struct buffer *native, struct kpl_instruction *out)
{
    struct bytes body = reader->left;
    buffer_u8(native, (uint8_t)kind);
    if (has_flag(kind)) {
        uint8_t flag;
        int status = reader_u8(reader, &flag);
        if (status)
            return status;
        buffer_u64le(native, flag);
        body = reader->left;
    }
    if (has_seed(kind)) {
        if (body.size < sizeof(out->stake_pot_seed))
            return err_set(ERR_INVALID, "%s without the seed of its stake pot",
                           task_instruction_name(kind));
        body.size -= sizeof(out->stake_pot_seed);
        memcpy(out->stake_pot_seed.bytes, body.data + body.size,
               sizeof(out->stake_pot_seed));
    }
    buffer_bytes(native, body);
    return 0;
}

/* Index 13 is UpdateTask here: all indexes from 13 on are shifted by one. */
int kpl_instruction_parse(struct bytes data, struct arena *arena,
                          struct kpl_instruction *out)
{
    struct reader reader = reader_make(data);
    struct buffer native = {0};
    uint8_t index;
    memset(out, 0, sizeof(*out));
    int status = reader_u8(&reader, &index);
    if (status)
        return status;
    if (index > LAST_INDEX)
        return err_set(ERR_INVALID, "no instruction has the index %u", index);
    enum task_instruction_kind kind = (enum task_instruction_kind)(
        index >= FIRST_SHIFTED - 1 ? index + 1 : index);
    status = carry_over(&reader, kind, &native, out);
    if (!status)
        status = task_instruction_parse(
            arena_bytes(arena, buffer_view(&native)), &out->task);
    buffer_free(&native);
    return status;
}

/* ---- Writing ---- */

/* Nothing is appended to out on an error. */
int kpl_instruction_build(const struct kpl_instruction *instruction,
                          struct buffer *out)
{
    enum task_instruction_kind kind = instruction->task.kind;
    struct buffer native = {0};
    int status = task_instruction_build(&instruction->task, &native);
    if (status)
        goto done;
    CHECK(native.size >= 1 && native.data[0] == kind);
    buffer_u8(out, (uint8_t)(kind >= FIRST_SHIFTED ? kind - 1 : kind));
    buffer_consume(&native, 1);
    if (has_flag(kind)) {
        CHECK(native.size >= 8);
        buffer_u8(out, native.data[0]);
        buffer_consume(&native, 8);
    }
    buffer_bytes(out, buffer_view(&native));
    if (has_seed(kind))
        buffer_append(out, instruction->stake_pot_seed.bytes,
                      sizeof(instruction->stake_pot_seed));
done:
    buffer_free(&native);
    return status;
}

/* ---- Addresses ---- */

/* The hash is over the text of the address and not its bytes, as in Koii's CLI.
 */
struct hash kpl_instruction_pot_seed(const struct pubkey *stake_pot)
{
    struct hash seed;
    hash_sha256(bytes_text(PUBKEY_TEXT(stake_pot)), &seed);
    return seed;
}

struct pubkey kpl_instruction_pot_authority(const struct pubkey *stake_pot,
                                            uint8_t *bump)
{
    struct pubkey authority;
    struct hash hash = kpl_instruction_pot_seed(stake_pot);
    struct bytes seed = bytes_make(hash.bytes, sizeof(hash.bytes));
    CHECK(address_find(&seed, 1, &KPL_TASK_PROGRAM_ID, &authority, bump) == 0);
    return authority;
}

struct pubkey kpl_instruction_manager_list(void)
{
    return task_address_managers_of(&KPL_TASK_PROGRAM_ID);
}

/* ---- Accounts ---- */

/* As in task_instruction.c, with the tokens' accounts. The two programs' tables
 * have little in common but their form. */
enum role {
    ROLE_END,
    ROLE_TASK,
    ROLE_STAKE_POT,
    ROLE_AUTHORITY,
    ROLE_ACTOR,
    ROLE_ACTOR_TOKENS,
    ROLE_OTHER,
    ROLE_OTHER_TOKENS,
    ROLE_DATA_ACCOUNT,
    ROLE_SECOND_ACTOR,
    ROLE_NEW_TASK,
    ROLE_NEW_STAKE_POT,
    ROLE_NEW_AUTHORITY,
    ROLE_MANAGER_LIST,
    ROLE_MINT,
    ROLE_CLOCK,
    ROLE_RENT,
    ROLE_SYSTEM,
    ROLE_TOKEN,
};

#define S 0x40 /* signs */
#define W 0x80 /* is written */
#define ROLE(byte) ((enum role)((byte)&0x3f))

/* From create-task-cli's kpl_task_contract, in its order, and with its
 * oddities: Whitelist wants the task's own key to sign. */
static const uint8_t account_lists[][KPL_ACCOUNTS_MAX] = {
    /* The pot signs here because it is an ordinary key, whose account the
     * program makes. */
    [TASK_CREATE] = {ROLE_ACTOR | S | W, ROLE_ACTOR_TOKENS | W,
                     ROLE_TASK | S | W, ROLE_STAKE_POT | S | W,
                     ROLE_AUTHORITY | W, ROLE_MINT, ROLE_CLOCK, ROLE_RENT,
                     ROLE_SYSTEM, ROLE_TOKEN},
    [TASK_SUBMIT] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_CLOCK},
    [TASK_AUDIT_SUBMISSIONS] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_OTHER,
                                ROLE_CLOCK},
    [TASK_AUDIT_DISTRIBUTION] = {ROLE_TASK | W, ROLE_ACTOR | S | W,
                                 ROLE_OTHER | W, ROLE_CLOCK},
    [TASK_PAYOUT] = {ROLE_TASK | W, ROLE_CLOCK, ROLE_DATA_ACCOUNT | W},
    [TASK_WHITELIST] = {ROLE_ACTOR | S, ROLE_MANAGER_LIST | W,
                        ROLE_TASK | S | W},
    [TASK_SET_ACTIVE] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_MANAGER_LIST},
    /* The beneficiary is any token account. */
    [TASK_CLAIM_REWARD] = {ROLE_TASK | W, ROLE_ACTOR | S | W,
                           ROLE_STAKE_POT | W, ROLE_OTHER_TOKENS | W,
                           ROLE_AUTHORITY, ROLE_TOKEN},
    /* The actor's own tokens need no temporary account, unlike lamports, since
     * the token program moves what their owner signs for. */
    [TASK_FUND] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_ACTOR_TOKENS | W,
                   ROLE_STAKE_POT | W, ROLE_TOKEN},
    [TASK_STAKE] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_ACTOR_TOKENS | W,
                    ROLE_STAKE_POT | W, ROLE_TOKEN},
    [TASK_WITHDRAW] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_CLOCK},
    [TASK_UPLOAD_DISTRIBUTION_LIST] = {ROLE_TASK | W,
                                       ROLE_DATA_ACCOUNT | S | W},
    [TASK_SUBMIT_DISTRIBUTION_LIST] = {ROLE_TASK | W, ROLE_ACTOR | S | W,
                                       ROLE_DATA_ACCOUNT | S | W, ROLE_CLOCK},
    [TASK_UPDATE] = {ROLE_ACTOR | S | W, ROLE_TASK | W, ROLE_STAKE_POT | W,
                     ROLE_AUTHORITY | W, ROLE_NEW_TASK | S | W,
                     ROLE_NEW_STAKE_POT | S | W, ROLE_NEW_AUTHORITY | W,
                     ROLE_MINT, ROLE_CLOCK, ROLE_RENT, ROLE_SYSTEM, ROLE_TOKEN},
    /* The mint is written because its supply falls by what burns. */
    [TASK_DELETE] = {ROLE_TASK | W, ROLE_ACTOR | S | W, ROLE_STAKE_POT | W,
                     ROLE_AUTHORITY, ROLE_MANAGER_LIST | W, ROLE_MINT | W,
                     ROLE_TOKEN},
};

/* HandleManagerAccounts: init and change take different accounts. */
static const uint8_t manager_init_accounts[KPL_ACCOUNTS_MAX] = {
    ROLE_MANAGER_LIST | W, ROLE_ACTOR | S | W, ROLE_RENT, ROLE_SYSTEM};
static const uint8_t manager_change_accounts[KPL_ACCOUNTS_MAX] = {
    ROLE_MANAGER_LIST | W, ROLE_ACTOR | S | W, ROLE_SECOND_ACTOR | S | W,
    ROLE_OTHER | W};

/* The key of an account. Authorities and the manager list are derived. */
static struct pubkey role_key(enum role role, const struct kpl_parties *parties)
{
    const struct task_parties *task = &parties->task;
    switch (role) {
    case ROLE_TASK:
        return task->task;
    case ROLE_STAKE_POT:
        return task->stake_pot;
    case ROLE_AUTHORITY:
        return kpl_instruction_pot_authority(&task->stake_pot, NULL);
    case ROLE_ACTOR:
        return task->actor;
    case ROLE_ACTOR_TOKENS:
        return parties->actor_tokens;
    case ROLE_OTHER:
        return task->other;
    case ROLE_OTHER_TOKENS:
        return parties->other_tokens;
    case ROLE_DATA_ACCOUNT:
        return task->data_account;
    case ROLE_SECOND_ACTOR:
        return task->second_actor;
    case ROLE_NEW_TASK:
        return task->new_task;
    case ROLE_NEW_STAKE_POT:
        return task->new_stake_pot;
    case ROLE_NEW_AUTHORITY:
        return kpl_instruction_pot_authority(&task->new_stake_pot, NULL);
    case ROLE_MANAGER_LIST:
        return kpl_instruction_manager_list();
    case ROLE_MINT:
        return parties->mint;
    case ROLE_CLOCK:
        return CLOCK_SYSVAR_ID;
    case ROLE_RENT:
        return RENT_SYSVAR_ID;
    case ROLE_TOKEN:
        return TOKEN_PROGRAM_ID;
    case ROLE_SYSTEM:
    case ROLE_END:
        break;
    }
    CHECK(role == ROLE_SYSTEM);
    return SYSTEM_PROGRAM_ID;
}

/* A row has room for ROLE_END after the twelve accounts of UpdateTask. */
size_t kpl_instruction_accounts(enum task_instruction_kind kind,
                                enum task_manager_operation operation,
                                const struct kpl_parties *parties,
                                struct account_meta out[KPL_ACCOUNTS_MAX])
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
    for (; list[count] != ROLE_END; count++) {
        CHECK(count < KPL_ACCOUNTS_MAX - 1);
        out[count] = (struct account_meta){
            .key = role_key(ROLE(list[count]), parties),
            .signer = list[count] & S,
            .writable = list[count] & W,
        };
    }
    return count;
}

/*
 * Instructions are kept as the program's codec makes them, in an arena of the
 * recipe: its message can be made several times, with one blockhash after the
 * other, without its being composed anew.
 *
 * Where a group of instructions fails halfway all of it is taken back, the
 * signers too: the instructions would be sent, and a signature that nothing
 * asks for is paid for all the same.
 */
#include "node/money/recipe.h"

#include "base/check.h"
#include "base/error.h"
#include "crypto/address.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <string.h>

/* The System program's address is 32 zero bytes; its instructions begin with
 * a u32 index (Solana's documentation, "System program"). */
#define SYSTEM_ASSIGN 1
#define SYSTEM_TRANSFER 2
#define SYSTEM_ALLOCATE 8

/* The payer signs first: its signature is the transaction's name. */
void recipe_init(struct recipe *recipe, const struct pubkey *payer)
{
    CHECK(payer);
    memset(recipe, 0, sizeof(*recipe));
    recipe->signers[recipe->signer_count++] = *payer;
}

void recipe_free(struct recipe *recipe)
{
    arena_free(&recipe->arena);
    memset(recipe, 0, sizeof(*recipe));
}

/* Anew for every blockhash; the instructions stay. */
int recipe_message(const struct recipe *recipe, const struct hash *blockhash,
                   struct buffer *message)
{
    CHECK(recipe->instruction_count > 0);
    return transaction_build(&recipe->signers[0], recipe->instructions,
                             recipe->instruction_count, blockhash, message);
}

/* A key signs once, however many instructions want it. */
static void add_signer(struct recipe *recipe, const struct pubkey *signer)
{
    for (size_t i = 0; i < recipe->signer_count; i++)
        if (pubkey_equal(&recipe->signers[i], signer))
            return;
    CHECK(recipe->signer_count < RECIPE_SIGNERS_MAX);
    recipe->signers[recipe->signer_count++] = *signer;
}

/* Accounts and data are copied into the arena. So a caller's buffers and arrays
 * may be gone by the time it is signed. */
static void add(struct recipe *recipe, const struct pubkey *program,
                const struct account_meta *accounts, size_t account_count,
                struct bytes data)
{
    CHECK(recipe->instruction_count < RECIPE_INSTRUCTIONS_MAX);
    struct instruction *instruction =
        &recipe->instructions[recipe->instruction_count++];
    instruction->program = *program;
    instruction->accounts =
        arena_copy(&recipe->arena, accounts, account_count * sizeof(*accounts));
    instruction->account_count = account_count;
    instruction->data = arena_bytes(&recipe->arena, data);
}

/* One instruction of the System program about one account, which signs. */
static void add_system(struct recipe *recipe, const struct pubkey *account,
                       struct bytes data)
{
    static const struct pubkey system_program;
    const struct account_meta accounts[] = {
        {.key = *account, .signer = true, .writable = true},
    };

    add(recipe, &system_program, accounts, 1, data);
    add_signer(recipe, account);
}

/* Turn an address into an account of a program's: of the task program, which
 * can debit only what it owns, or of the token program. Transfer, allocate and
 * assign do what CreateAccount does, but do it for an address that holds coins,
 * too. Anybody can send coins to an address that was seen, before and while the
 * transaction is under way, and CreateAccount would then fail for ever.
 * lamports: what is still missing. */
static void make_account(struct recipe *recipe, const struct pubkey *from,
                         const struct pubkey *account, uint64_t lamports,
                         uint64_t space, const struct pubkey *owner)
{
    uint8_t data[4 + 32];

    if (lamports)
        (void)recipe_transfer(recipe, from, account, lamports);
    u32le_write(data, SYSTEM_ALLOCATE);
    u64le_write(data + 4, space);
    add_system(recipe, account, bytes_make(data, 4 + 8));
    u32le_write(data, SYSTEM_ASSIGN);
    memcpy(data + 4, owner->bytes, 32);
    add_system(recipe, account, bytes_make(data, sizeof(data)));
}

/* Signed by the key that gives; the payer of the fee may be another. */
int recipe_transfer(struct recipe *recipe, const struct pubkey *from,
                    const struct pubkey *to, uint64_t amount)
{
    static const struct pubkey system_program;
    const struct account_meta accounts[] = {
        {.key = *from, .signer = true, .writable = true},
        {.key = *to, .signer = false, .writable = true},
    };
    uint8_t data[4 + 8];

    CHECK(from && to);
    u32le_write(data, SYSTEM_TRANSFER);
    u64le_write(data + 4, amount);
    add(recipe, &system_program, accounts, 2, bytes_make(data, sizeof(data)));
    add_signer(recipe, from);
    return 0;
}

/* One instruction of the task program. signer: who signs besides the payer, or
 * NULL. An error comes from the codec (a text too long, say), before anything
 * was added. */
static int add_task(struct recipe *recipe,
                    const struct task_instruction *instruction,
                    const struct task_parties *parties,
                    const struct pubkey *signer)
{
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data = {0};
    size_t count;
    int status = task_instruction_build(instruction, &data);

    if (!status) {
        count =
            task_instruction_accounts(instruction->kind, 0, parties, accounts);
        add(recipe, &KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data));
        if (signer)
            add_signer(recipe, signer);
    }
    buffer_free(&data);
    return status;
}

/* How far a recipe had got before a group of instructions. */
struct mark {
    size_t instruction_count, signer_count;
};

static struct mark mark(const struct recipe *recipe)
{
    return (struct mark){.instruction_count = recipe->instruction_count,
                         .signer_count = recipe->signer_count};
}

/* Take back what came since, after one of the group failed; status is passed
 * on. Their bytes stay in the arena until it is freed. */
static int undo(struct recipe *recipe, struct mark before, int status)
{
    if (status) {
        recipe->instruction_count = before.instruction_count;
        recipe->signer_count = before.signer_count;
    }
    return status;
}

/* The pot's coins keep its account alive while there are no stakes. */
int recipe_create_task(struct recipe *recipe, const struct pubkey *task,
                       const struct pubkey *stake_pot,
                       const struct task_terms *terms, uint64_t space_bytes)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct task_instruction instruction = {.kind = TASK_CREATE,
                                                 .terms = *terms};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *stake_pot, .actor = *payer};
    struct mark before = mark(recipe);

    CHECK(space_bytes > 0);
    make_account(recipe, payer, task,
                 task_instruction_create_lamports(space_bytes), space_bytes,
                 &KOII_TASK_PROGRAM_ID);
    int status = add_task(recipe, &instruction, &parties, task);
    if (!status)
        status =
            recipe_transfer(recipe, payer, stake_pot, TASK_STAKE_POT_LAMPORTS);
    return undo(recipe, before, status);
}

/* The wallet's own account for a mint: what wallets look for first (the
 * associated token program's address). A bump always exists. */
static struct pubkey tokens_of(const struct pubkey *wallet,
                               const struct pubkey *mint)
{
    const struct bytes seeds[] = {pubkey_bytes(wallet),
                                  pubkey_bytes(&TOKEN_PROGRAM_ID),
                                  pubkey_bytes(mint)};
    struct pubkey address;

    CHECK(
        !address_find(seeds, 3, &ASSOCIATED_TOKEN_PROGRAM_ID, &address, NULL));
    return address;
}

/* The pot becomes an account of the token program in CreateTask itself, so it
 * signs; the bounty moves there. */
int recipe_create_kpl_task(struct recipe *recipe, const struct pubkey *task,
                           const struct pubkey *stake_pot,
                           const struct pubkey *mint,
                           const struct task_terms *terms, uint64_t space_bytes)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct kpl_instruction instruction = {
        .task = {.kind = TASK_CREATE, .terms = *terms},
        .stake_pot_seed = kpl_instruction_pot_seed(stake_pot)};
    const struct kpl_parties parties = {
        .task = {.task = *task, .stake_pot = *stake_pot, .actor = *payer},
        .mint = *mint,
        .actor_tokens = tokens_of(payer, mint)};
    struct account_meta accounts[KPL_ACCOUNTS_MAX];
    struct mark before = mark(recipe);
    struct buffer data = {0};
    int status = kpl_instruction_build(&instruction, &data);

    CHECK(space_bytes > 0);
    if (!status) {
        size_t count =
            kpl_instruction_accounts(TASK_CREATE, 0, &parties, accounts);

        make_account(recipe, payer, task,
                     task_instruction_create_lamports(space_bytes), space_bytes,
                     &KPL_TASK_PROGRAM_ID);
        add(recipe, &KPL_TASK_PROGRAM_ID, accounts, count, buffer_view(&data));
        add_signer(recipe, stake_pot);
    }
    buffer_free(&data);
    return undo(recipe, before, status);
}

/* The funder's key is used once and thrown away. */
int recipe_fund(struct recipe *recipe, const struct pubkey *task,
                const struct pubkey *stake_pot, const struct pubkey *funder,
                uint64_t amount)
{
    const struct task_instruction instruction = {.kind = TASK_FUND,
                                                 .amount = amount};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *stake_pot, .actor = *funder};
    uint64_t cost = task_instruction_fund_lamports();
    struct mark before = mark(recipe);

    CHECK(funder);
    if (amount > UINT64_MAX - cost)
        return err_set(ERR_RANGE, "no task can be given %" PRIu64 " roe",
                       amount);
    make_account(recipe, &recipe->signers[0], funder, cost + amount,
                 TASK_FUNDER_SPACE, &KOII_TASK_PROGRAM_ID);
    return undo(recipe, before,
                add_task(recipe, &instruction, &parties, funder));
}

/* A key that has only been sent coins still belongs to the System program. */
int recipe_account_read(const struct client_account *account,
                        struct recipe_account *out)
{
    static const struct pubkey system_program;

    *out = (struct recipe_account){.is_new = true};
    if (!account)
        return 0;
    out->lamports = account->lamports;
    if (pubkey_equal(&account->owner, &system_program))
        return 0;
    out->is_new = false;
    if (!pubkey_equal(&account->owner, &KOII_TASK_PROGRAM_ID))
        return err_set(ERR_STATE,
                       "the account of %s belongs to the program %s and not "
                       "to the task program",
                       PUBKEY_TEXT(&account->key),
                       PUBKEY_TEXT(&account->owner));
    return 0;
}

/* Funding and staking land together or not at all. Coins that a new key was
 * sent count for what its account costs: afterwards only the program could move
 * them. */
int recipe_stake(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct pubkey *staking,
                 const struct recipe_account *key, uint64_t amount,
                 const char *address)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct task_instruction instruction = {.kind = TASK_STAKE,
                                                 .amount = amount,
                                                 .ip_address =
                                                     bytes_text(address)};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *stake_pot, .actor = *staking};
    uint64_t cost = task_instruction_stake_lamports();
    struct mark before = mark(recipe);
    int status = 0;

    CHECK(staking && address && key);
    if (amount > UINT64_MAX - cost)
        return err_set(ERR_RANGE, "%" PRIu64 " roe can't be staked", amount);
    cost += amount;
    if (key->is_new)
        make_account(recipe, payer, staking,
                     cost > key->lamports ? cost - key->lamports : 0,
                     TASK_STAKING_KEY_SPACE, &KOII_TASK_PROGRAM_ID);
    else
        status = recipe_transfer(recipe, payer, staking, amount);
    if (!status)
        status = add_task(recipe, &instruction, &parties, staking);
    return undo(recipe, before, status);
}

/* The program refuses while own submissions are recent. Coins move to the
 * claimable balance and not to the key: claiming is a step of its own. */
int recipe_withdraw(struct recipe *recipe, const struct pubkey *task,
                    const struct pubkey *staking)
{
    const struct task_instruction instruction = {.kind = TASK_WITHDRAW};
    const struct task_parties parties = {.task = *task, .actor = *staking};

    return add_task(recipe, &instruction, &parties, staking);
}

/* All there is: the instruction has no amount. */
int recipe_claim(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct pubkey *staking,
                 const struct pubkey *beneficiary)
{
    const struct task_instruction instruction = {.kind = TASK_CLAIM_REWARD};
    const struct task_parties parties = {.task = *task,
                                         .stake_pot = *stake_pot,
                                         .actor = *staking,
                                         .other = *beneficiary};

    return add_task(recipe, &instruction, &parties, staking);
}

/* Both directions. Whether the key is a manager at all is the program's to
 * know. */
int recipe_set_active(struct recipe *recipe, const struct pubkey *task,
                      const struct pubkey *manager, bool is_active)
{
    const struct task_instruction instruction = {.kind = TASK_SET_ACTIVE,
                                                 .flag = is_active};
    const struct task_parties parties = {.task = *task, .actor = *manager};

    return add_task(recipe, &instruction, &parties, manager);
}

/* The value's padding is the codec's affair. */
int recipe_submit(struct recipe *recipe, const struct pubkey *task,
                  const struct pubkey *staking, uint64_t round,
                  struct bytes value)
{
    const struct task_instruction instruction = {
        .kind = TASK_SUBMIT, .value = value, .round = round};
    const struct task_parties parties = {.task = *task, .actor = *staking};

    return add_task(recipe, &instruction, &parties, staking);
}

/* Accusation, vote against and defence are one instruction. */
static int add_audit(struct recipe *recipe, enum task_instruction_kind kind,
                     const struct pubkey *task, const struct pubkey *staking,
                     uint64_t round, const struct pubkey *other, bool is_valid)
{
    const struct task_instruction instruction = {
        .kind = kind, .flag = is_valid, .round = round};
    const struct task_parties parties = {
        .task = *task, .actor = *staking, .other = *other};

    return add_task(recipe, &instruction, &parties, staking);
}

/* other: whose submission. */
int recipe_audit(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *staking, uint64_t round,
                 const struct pubkey *candidate, bool is_valid)
{
    return add_audit(recipe, TASK_AUDIT_SUBMISSIONS, task, staking, round,
                     candidate, is_valid);
}

/* other: whose list. */
int recipe_audit_list(struct recipe *recipe, const struct pubkey *task,
                      const struct pubkey *staking, uint64_t round,
                      const struct pubkey *submitter, bool is_valid)
{
    return add_audit(recipe, TASK_AUDIT_DISTRIBUTION, task, staking, round,
                     submitter, is_valid);
}

/* Without space: the program lets it grow with each chunk. */
void recipe_list_account(struct recipe *recipe, const struct pubkey *list,
                         const struct recipe_account *account,
                         uint64_t lamports)
{
    const struct pubkey *payer = &recipe->signers[0];
    uint64_t missing =
        lamports > account->lamports ? lamports - account->lamports : 0;

    if (account->is_new)
        make_account(recipe, payer, list, missing, 0, &KOII_TASK_PROGRAM_ID);
    else if (missing)
        (void)recipe_transfer(recipe, payer, list, missing);
}

/* The account that signs is the one that is written. */
int recipe_upload(struct recipe *recipe, const struct pubkey *task,
                  const struct pubkey *list, uint64_t round, struct bytes data,
                  size_t chunk)
{
    const struct task_parties parties = {.task = *task, .data_account = *list};
    struct task_instruction instruction;

    task_list_chunk(data, chunk, round, &instruction);
    return add_task(recipe, &instruction, &parties, list);
}

/* The data account signs, too, so that no key can name the account of another.
 * It says that the uploads are complete; the chain can't know it otherwise. */
int recipe_submit_list(struct recipe *recipe, const struct pubkey *task,
                       const struct pubkey *staking, const struct pubkey *list,
                       uint64_t round)
{
    const struct task_instruction instruction = {
        .kind = TASK_SUBMIT_DISTRIBUTION_LIST, .round = round};
    const struct task_parties parties = {
        .task = *task, .actor = *staking, .data_account = *list};
    struct mark before = mark(recipe);

    add_signer(recipe, list);
    return undo(recipe, before,
                add_task(recipe, &instruction, &parties, staking));
}

/* No signer of its own: anyone may pay for it. */
int recipe_payout(struct recipe *recipe, const struct pubkey *task,
                  uint64_t round, const struct pubkey *data_account)
{
    const struct task_instruction instruction = {.kind = TASK_PAYOUT,
                                                 .round = round};
    const struct task_parties parties = {.task = *task,
                                         .data_account = *data_account};

    return add_task(recipe, &instruction, &parties, NULL);
}

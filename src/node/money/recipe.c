/*
 * Instructions are kept as the program's codec makes them, in an arena of the
 * recipe: its message can be made several times, with one blockhash after the
 * other, without its being composed anew.
 */
#include "node/money/recipe_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "crypto/address.h"
#include "settlement/format/account.h"
#include "settlement/format/well_known.h"

#include <string.h>

/* The System program's address is 32 zero bytes; its instructions begin with
 * a u32 index (Solana's documentation, "System program"). */
#define SYSTEM_ASSIGN 1
#define SYSTEM_TRANSFER 2
#define SYSTEM_ALLOCATE 8

/* Of the token program and of that of associated accounts (their interfaces,
 * github.com/solana-program). */
#define TOKEN_TRANSFER 3
#define TOKEN_MINT_TO 7
#define TOKEN_INITIALIZE_MINT_2 20
#define TOKEN_MINT_SIZE 82

/* Behind the mint and the owner, little endian. */
#define TOKEN_AMOUNT_AT 64
#define ASSOCIATED_TOKEN_CREATE_IDEMPOTENT 1

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
void recipe_add_signer(struct recipe *recipe, const struct pubkey *signer)
{
    for (size_t i = 0; i < recipe->signer_count; i++)
        if (pubkey_equal(&recipe->signers[i], signer))
            return;
    CHECK(recipe->signer_count < RECIPE_SIGNERS_MAX);
    recipe->signers[recipe->signer_count++] = *signer;
}

/* Accounts and data are copied into the arena. So a caller's buffers and arrays
 * may be gone by the time it is signed. */
void recipe_add(struct recipe *recipe, const struct pubkey *program,
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

    recipe_add(recipe, &system_program, accounts, 1, data);
    recipe_add_signer(recipe, account);
}

/* Turn an address into an account of a program's: of the task program, which
 * can debit only what it owns, or of the token program. Transfer, allocate and
 * assign do what CreateAccount does, but do it for an address that holds coins,
 * too. Anybody can send coins to an address that was seen, before and while the
 * transaction is under way, and CreateAccount would then fail for ever.
 * lamports: what is still missing. */
void recipe_make_account(struct recipe *recipe, const struct pubkey *from,
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
    recipe_add(recipe, &system_program, accounts, 2,
               bytes_make(data, sizeof(data)));
    recipe_add_signer(recipe, from);
    return 0;
}

/* The wallet's own account for a mint: what wallets look for first (the
 * associated token program's address). A bump always exists. */
struct pubkey recipe_tokens_of(const struct pubkey *wallet,
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

/* Mint, owner, amount (spl-token's Account::pack). */
int recipe_tokens_read(const struct client_account *account,
                       const struct pubkey *mint, uint64_t *out)
{
    *out = 0;
    if (!account)
        return 0;
    if (!pubkey_equal(&account->owner, &TOKEN_PROGRAM_ID) ||
        account->data.size != TOKEN_ACCOUNT_SIZE ||
        memcmp(account->data.data, mint->bytes, sizeof(mint->bytes)) != 0)
        return err_set(ERR_INVALID, "%s is no account for tokens of %s",
                       PUBKEY_TEXT(&account->key), PUBKEY_TEXT(mint));
    *out = u64le_read(account->data.data + TOKEN_AMOUNT_AT);
    return 0;
}

/* Idempotent: an account that is there by the time it lands is as good. */
void recipe_token_account(struct recipe *recipe, const struct pubkey *wallet,
                          const struct pubkey *mint)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct account_meta accounts[] = {
        {.key = *payer, .signer = true, .writable = true},
        {.key = recipe_tokens_of(wallet, mint), .writable = true},
        {.key = *wallet},
        {.key = *mint},
        {.key = SYSTEM_PROGRAM_ID},
        {.key = TOKEN_PROGRAM_ID},
    };
    const uint8_t data = ASSOCIATED_TOKEN_CREATE_IDEMPOTENT;

    recipe_add(recipe, &ASSOCIATED_TOKEN_PROGRAM_ID, accounts, 6,
               bytes_make(&data, 1));
}

/* An instruction of the token program with an amount; the last account is whose
 * signature it takes. */
static void add_token(struct recipe *recipe, uint8_t index, uint64_t amount,
                      const struct account_meta accounts[3])
{
    uint8_t data[1 + 8] = {index};

    u64le_write(data + 1, amount);
    recipe_add(recipe, &TOKEN_PROGRAM_ID, accounts, 3,
               bytes_make(data, sizeof(data)));
    recipe_add_signer(recipe, &accounts[2].key);
}

void recipe_token_transfer(struct recipe *recipe, const struct pubkey *from,
                           const struct pubkey *to, const struct pubkey *mint,
                           uint64_t amount)
{
    const struct account_meta accounts[] = {
        {.key = recipe_tokens_of(from, mint), .writable = true},
        {.key = recipe_tokens_of(to, mint), .writable = true},
        {.key = *from, .signer = true},
    };

    add_token(recipe, TOKEN_TRANSFER, amount, accounts);
}

void recipe_token_mint(struct recipe *recipe, const struct pubkey *mint,
                       uint8_t decimals)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct account_meta account = {.key = *mint, .writable = true};
    uint8_t data[1 + 1 + 32 + 1] = {TOKEN_INITIALIZE_MINT_2, decimals};

    recipe_make_account(recipe, payer, mint,
                        rent_minimum_balance(TOKEN_MINT_SIZE), TOKEN_MINT_SIZE,
                        &TOKEN_PROGRAM_ID);
    memcpy(data + 2, payer->bytes, 32);
    recipe_add(recipe, &TOKEN_PROGRAM_ID, &account, 1,
               bytes_make(data, sizeof(data)));
}

void recipe_token_mint_to(struct recipe *recipe, const struct pubkey *mint,
                          const struct pubkey *wallet, uint64_t amount)
{
    const struct account_meta accounts[] = {
        {.key = *mint, .writable = true},
        {.key = recipe_tokens_of(wallet, mint), .writable = true},
        {.key = recipe->signers[0], .signer = true},
    };

    add_token(recipe, TOKEN_MINT_TO, amount, accounts);
}

-- Every statement of this context. No other context touches schema "accounts".

-- name: insert_account
insert into accounts.account
       (id, username, skeleton, email, mailbox, password_hash, role, state, created_at)
values (:id, :username, :skeleton, :email, :mailbox, :password_hash, :role, :state, :created_at)
on conflict do nothing
returning true;

-- name: taken
-- By whoever does not step aside.
select coalesce(bool_or(skeleton = :skeleton), false) as username,
       coalesce(bool_or(mailbox = :mailbox), false) as email
  from accounts.account
 where (skeleton = :skeleton or mailbox = :mailbox)
   and not (state = 'pending'
            and (mailbox = :mailbox
                 or not exists (select
                                  from accounts.activation
                                 where activation.account_id = account.id
                                   and used_at is null
                                   and expires_at > now())));

-- name: held
-- Looks and addresses of these that somebody has, whatever becomes of the account.
select skeleton from accounts.account where skeleton = any(:skeletons::text[])
union all
select mailbox from accounts.account where mailbox = any(:mailboxes::text[]);

-- name: wait_in_line
-- Until the transaction ends; always in one order, so that two do not wait for each other.
select pg_advisory_xact_lock(place)
  from (select distinct hashtextextended(key, 0) as place
          from unnest(:keys::text[]) as key
         order by place) as line;

-- name: step_aside
-- A pending account holds its address against nobody, and its name while a token for it is good.
-- It gives up both; what stands in their places is neither a name nor an address.
with yielding as (
    select id
      from accounts.account
     where state = 'pending'
       and (mailbox = :mailbox
            or skeleton = :skeleton
               and not exists (select
                                 from accounts.activation
                                where activation.account_id = account.id
                                  and used_at is null
                                  and expires_at > now()))
     order by id
       for update
)
update accounts.account
   set skeleton = account.id::text,
       mailbox = account.id::text
  from yielding
 where account.id = yielding.id
returning account.id, account.username, account.email;

-- name: bequeath
-- Void tokens go along where a letter may have left: a mailbox is flooded by whoever replaces
-- accounts just as by whoever asks for letters.
update accounts.activation
   set account_id = :heir,
       used_at = coalesce(used_at, :now)
 where account_id = any(:ids::uuid[])
   and (mailed_at > :now::timestamptz - interval '1 day'
        or created_at > :now::timestamptz - interval '1 minute');

-- name: remove_replaced
delete from accounts.account
 where id = any(:ids::uuid[])
   and state = 'pending';

-- name: find_accounts
select id, username, email, role, state, version, created_at, password_hash
  from accounts.account
 where id = any(:ids::uuid[]);

-- name: find_named
select id, username, email, role, state, version, created_at, password_hash
  from accounts.account
 where username = any(:usernames::text[]);

-- name: find_login
select id, username, email, role, state, version, created_at, password_hash
  from accounts.account
 where username = :username
    or mailbox = :mailbox;

-- name: find_pending
select id
  from accounts.account
 where mailbox = :mailbox
   and state = 'pending';

-- name: insert_activation
-- One a minute and ten a day, whoever asks for them: a mailbox is not to be flooded. Tokens of an
-- account that this one replaced are void; they count by their letters.
insert into accounts.activation (id, account_id, token_hash, created_at, expires_at)
select :id, :account_id, :token_hash, :created_at, :expires_at
 where not exists (select
                     from accounts.activation
                    where account_id = :account_id
                      and used_at is null
                      and created_at > :created_at::timestamptz - interval '1 minute')
   and (select count(*)
          from accounts.activation
         where account_id = :account_id
           and (used_at is null or mailed_at is not null)
           and created_at > :created_at::timestamptz - interval '1 day') < 10
on conflict do nothing
returning true;

-- name: lock_invited
-- The account first: two tokens of one account must not wait for each other.
select id
  from accounts.account
 where id = (select account_id from accounts.activation where token_hash = :token_hash)
   for update;

-- name: find_activation
select expires_at, used_at
  from accounts.activation
 where token_hash = :token_hash;

-- name: activate
update accounts.account
   set state = 'active',
       version = version + 1
 where id = :id
   and state = 'pending'
returning username;

-- name: use_activations
update accounts.activation
   set used_at = :used_at
 where account_id = :account_id
   and used_at is null;

-- name: find_invitation
select activation.token_hash, activation.expires_at, account.username, account.email
  from accounts.activation
  join accounts.account on account.id = activation.account_id
 where activation.id = :activation_id
   and activation.used_at is null
   and account.state = 'pending';

-- name: mark_mailed
update accounts.activation
   set mailed_at = :mailed_at
 where id = :activation_id;

-- name: remove_unreached
-- Only while it is pending, and only if none of its tokens ever left for its address. Void ones
-- were those of an account that this one replaced.
delete from accounts.account
 where id = (select account_id
               from accounts.activation
              where id = :activation_id
                and used_at is null)
   and state = 'pending'
   and not exists (select
                     from accounts.activation as sent
                    where sent.account_id = accounts.account.id
                      and sent.used_at is null
                      and sent.mailed_at is not null)
returning id, username;

-- name: remove_forgotten
-- Pending, and none of its tokens left or can leave.
delete from accounts.account
 where id = any (array(
        select id
          from accounts.account as forgotten
         where state = 'pending'
           and created_at < :before
           and not exists (select
                             from accounts.activation
                            where activation.account_id = forgotten.id
                              and used_at is null
                              and (mailed_at is not null or expires_at > :now))
         order by id
         limit :count
           for update skip locked))
returning id, username;

-- name: forget_activations
with old as (
    select activation.id
      from accounts.activation
      join accounts.account on account.id = activation.account_id
     where activation.expires_at < :before
       and account.state <> 'pending'
     limit :count
       for update of activation skip locked
), gone as (
    delete from accounts.activation where id in (select id from old) returning 1
)
select count(*) from gone;

-- name: forget_refreshes
with old as (
    select token_hash
      from accounts.refresh
     where expires_at < :before
     limit :count
       for update skip locked
), gone as (
    delete from accounts.refresh where token_hash in (select token_hash from old) returning 1
)
select count(*) from gone;

-- name: open_session
-- Only if the account is still what the password was checked against; it cannot be banned
-- meanwhile without this session being seen.
with owner as (
    select id
      from accounts.account
     where id = :account_id
       and state = 'active'
       and password_hash = :password_hash
       for share
), opened as (
    insert into accounts.session
           (id, account_id, device, address, proved_at, created_at, last_seen_at)
    select :session_id, id, :device, :address, :now, :now, :now
      from owner
    returning id
)
insert into accounts.refresh (token_hash, session_id, created_at, expires_at)
select :token_hash, id, :now, :expires_at
  from opened
returning true;

-- name: lock_family
-- All tokens of a session are one family: its row is the lock of all.
select id
  from accounts.session
 where id = (select session_id from accounts.refresh where token_hash = :token_hash)
   for update;

-- name: find_refresh
-- `later` are the tokens made since this one was replaced, the first of them first.
select session.id as session_id, session.proved_at, session.revoked_at,
       refresh.expires_at, refresh.replaced_at,
       array(select younger.token_hash
               from accounts.refresh as younger
              where younger.session_id = session.id
                and younger.created_at >= refresh.replaced_at
              order by younger.created_at
              limit 10) as later,
       account.id, account.username, account.email, account.role, account.state,
       account.version, account.created_at, account.password_hash
  from accounts.refresh
  join accounts.session on session.id = refresh.session_id
  join accounts.account on account.id = session.account_id
 where refresh.token_hash = :token_hash;

-- name: replace_refresh
with replaced as (
    update accounts.refresh
       set replaced_at = :now
     where token_hash = :token_hash
    returning session_id
), forgotten as (
    delete from accounts.refresh
     using replaced
     where refresh.session_id = replaced.session_id
       and refresh.expires_at < :now
), seen as (
    update accounts.session
       set last_seen_at = :now,
           device = :device,
           address = :address
      from replaced
     where session.id = replaced.session_id
)
insert into accounts.refresh (token_hash, session_id, created_at, expires_at)
select :successor_hash, session_id, :now, :expires_at
  from replaced;

-- name: end_session
update accounts.session
   set revoked_at = now(),
       reason = :reason
 where id = :session_id
   and revoked_at is null
returning true;

-- name: end_other_sessions
-- In the order of their ids, after the account was locked.
update accounts.session
   set revoked_at = now(),
       reason = :reason
 where account_id = :account_id
   and id <> :kept
   and revoked_at is null
returning id;

-- name: change_password
update accounts.account
   set password_hash = :new_hash,
       version = version + 1
 where id = :account_id
   and password_hash = :old_hash
   and state = 'active'
returning true;

-- name: renew_hash
-- The same password at another cost: nothing its owner sees has changed.
update accounts.account
   set password_hash = :new_hash
 where id = :account_id
   and password_hash = :old_hash;

-- name: revocations
-- What access tokens of the last `seconds` do not say: their session has ended, or the role of
-- their account is another.
select account_id, id as session_id, null as role
  from accounts.session
 where revoked_at > now() - make_interval(secs => :seconds)
union all
select id, null, role
  from accounts.account
 where role_changed_at > now() - make_interval(secs => :seconds);

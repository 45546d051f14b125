drop index accounts.refresh_expiry;
drop index accounts.activation_expiry;
drop index accounts.account_pending;
drop table platform.periodic;

-- A store of version 2, dumped from what commit 8c91e86 wrote; tokens are token-of-NAME-abcdefghijklmnop.
PRAGMA application_id = 1213547074;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE events (place INTEGER PRIMARY KEY, room TEXT NOT NULL REFERENCES rooms,
    seq INTEGER NOT NULL, kind TEXT NOT NULL, uid TEXT NOT NULL, timestamp REAL NOT NULL,
    ref INTEGER NOT NULL, rev INTEGER NOT NULL, user TEXT NOT NULL, id TEXT NOT NULL,
    text TEXT NOT NULL, UNIQUE (room, seq)) STRICT;
INSERT INTO "events" VALUES(1,'straße',1,'join','-gJ6BM2bxOdw4wtZ',1.7957816571357841491e+09,0,0,'ann','','');
INSERT INTO "events" VALUES(2,'grüße',1,'join','-gJ6BM2bxOdw4wtZ',1.79578165716075015072e+09,0,0,'ann','','');
INSERT INTO "events" VALUES(3,'οδός',1,'join','-gJ6BM2bxOdw4wtZ',1.79578165716820335393e+09,0,0,'ann','','');
INSERT INTO "events" VALUES(4,'½',1,'join','-gJ6BM2bxOdw4wtZ',1.79578165717203950884e+09,0,0,'ann','','');
INSERT INTO "events" VALUES(5,'ſyſtem',1,'join','-gJ6BM2bxOdw4wtZ',1.79578165717500519752e+09,0,0,'ann','','');
INSERT INTO "events" VALUES(6,'ㅤa',1,'join','-gJ6BM2bxOdw4wtZ',1795781657.17786,0,0,'ann','','');
INSERT INTO "events" VALUES(7,'strasse',1,'join','3P-2oHVDv17g1PAj',1.79578165718356871603e+09,0,0,'bob','','');
INSERT INTO "events" VALUES(8,'straße',2,'message','-gJ6BM2bxOdw4wtZ',1.7957816571861102581e+09,0,0,'ann','m1','in straße');
INSERT INTO "events" VALUES(9,'straße',3,'message','-gJ6BM2bxOdw4wtZ',1.7957816571879925728e+09,0,0,'ann','m2','more');
INSERT INTO "events" VALUES(10,'strasse',2,'message','3P-2oHVDv17g1PAj',1.79578165718993926049e+09,0,0,'bob','m1','in strasse');
INSERT INTO "events" VALUES(11,'grüße',2,'message','-gJ6BM2bxOdw4wtZ',1.79578165719145846366e+09,0,0,'ann','m1','in grüße');
INSERT INTO "events" VALUES(12,'οδός',2,'message','-gJ6BM2bxOdw4wtZ',1.79578165719256830214e+09,0,0,'ann','ZLrKsF027AdnUKwk','in οδός');
INSERT INTO "events" VALUES(13,'½',2,'message','-gJ6BM2bxOdw4wtZ',1.79578165719863033292e+09,0,0,'ann','XCkYbOZ7GZh5XBnZ','in ½');
INSERT INTO "events" VALUES(14,'ſyſtem',2,'message','-gJ6BM2bxOdw4wtZ',1.7957816572006397247e+09,0,0,'ann','f--uIdlAS7awiHRb','in ſyſtem');
INSERT INTO "events" VALUES(15,'ㅤa',2,'message','-gJ6BM2bxOdw4wtZ',1.79578165720246171951e+09,0,0,'ann','vwao-rDLmBaey-N3','in a filler');
INSERT INTO "events" VALUES(16,'grüße',3,'join','IOilISW29iuEqUrT',1.79578165721870350833e+09,0,0,'an‍n','','');
INSERT INTO "events" VALUES(17,'grüße',4,'join','yZ8gBnU8EDU-Sakl',1.7957816572263069153e+09,0,0,'ㅤ','','');
INSERT INTO "events" VALUES(18,'lobby',1,'join','J1x-3XBCOlnwio2d',1.79578165723293161392e+09,0,0,'bad️','','');
INSERT INTO "events" VALUES(19,'@579Vf7wvbXvoRAHhrjcFxm',1,'message','-gJ6BM2bxOdw4wtZ',1.79578165724389410013e+09,0,0,'ann','Lxut8-JjD2pm_lwW','to you alone');
INSERT INTO "events" VALUES(20,'lobby',2,'leave','J1x-3XBCOlnwio2d',1.79578165725101590154e+09,0,0,'bad️','','');
INSERT INTO "events" VALUES(21,'strasse',3,'leave','3P-2oHVDv17g1PAj',1.795781657254601717e+09,0,0,'bob','','');
INSERT INTO "events" VALUES(22,'grüße',5,'leave','IOilISW29iuEqUrT',1.79578165725569534306e+09,0,0,'an‍n','','');
INSERT INTO "events" VALUES(23,'grüße',6,'leave','yZ8gBnU8EDU-Sakl',1.79578165725632572175e+09,0,0,'ㅤ','','');
CREATE TABLE filler (one INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
CREATE TABLE identities (uid TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL,
    plain INTEGER NOT NULL, banned INTEGER NOT NULL, seen REAL NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "identities" VALUES('-gJ6BM2bxOdw4wtZ','ann','ann',0,0,0.0);
INSERT INTO "identities" VALUES('3P-2oHVDv17g1PAj','bob','bob',0,0,1.795781657254601717e+09);
INSERT INTO "identities" VALUES('IOilISW29iuEqUrT','an‍n','an‍n',0,0,1.79578165725569534306e+09);
INSERT INTO "identities" VALUES('J1x-3XBCOlnwio2d','bad️','bad️',0,1,1.79578165725101590154e+09);
INSERT INTO "identities" VALUES('yZ8gBnU8EDU-Sakl','ㅤ','ㅤ',0,0,1.79578165725632572175e+09);
CREATE TABLE members (uid TEXT, room TEXT, PRIMARY KEY (uid, room)) STRICT, WITHOUT ROWID;
INSERT INTO "members" VALUES('-gJ6BM2bxOdw4wtZ','@579Vf7wvbXvoRAHhrjcFxm');
INSERT INTO "members" VALUES('yZ8gBnU8EDU-Sakl','@579Vf7wvbXvoRAHhrjcFxm');
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL,
    term INTEGER NOT NULL, secret BLOB NOT NULL, forgotten INTEGER NOT NULL) STRICT;
INSERT INTO "meta" VALUES(1,'f-JHGLhfUwWQrc3u',1795781657060,X'9569D2F7B76556B8918DFF0047E73BA067FB6E46FCBE433F774BBE19425CECFF',0);
CREATE TABLE rooms (room TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL)
    STRICT, WITHOUT ROWID;
INSERT INTO "rooms" VALUES('@579Vf7wvbXvoRAHhrjcFxm','direct','');
INSERT INTO "rooms" VALUES('grüße','public','');
INSERT INTO "rooms" VALUES('lobby','public','');
INSERT INTO "rooms" VALUES('strasse','public','');
INSERT INTO "rooms" VALUES('straße','public','');
INSERT INTO "rooms" VALUES('½','public','');
INSERT INTO "rooms" VALUES('ſyſtem','public','');
INSERT INTO "rooms" VALUES('οδός','public','');
INSERT INTO "rooms" VALUES('ㅤa','public','');
CREATE TABLE said (key INTEGER PRIMARY KEY, place INTEGER NOT NULL) STRICT;
INSERT INTO "said" VALUES(-5835556122190161020,9);
INSERT INTO "said" VALUES(-5377856853277118394,19);
INSERT INTO "said" VALUES(-3921966730047738350,8);
INSERT INTO "said" VALUES(3480460572317574583,11);
INSERT INTO "said" VALUES(5679801049885554437,13);
INSERT INTO "said" VALUES(6409486044301332097,14);
INSERT INTO "said" VALUES(7663063773241731619,10);
INSERT INTO "said" VALUES(7837505674632870861,12);
INSERT INTO "said" VALUES(7856303355940091492,15);
CREATE TABLE sessions (place INTEGER PRIMARY KEY, gateway TEXT NOT NULL, sid TEXT NOT NULL,
    uid TEXT NOT NULL, plain INTEGER NOT NULL, rooms BLOB NOT NULL, UNIQUE (gateway, sid)) STRICT;
INSERT INTO "sessions" VALUES(6,'77b46c20528b8b25','Ng9w8OcQOrVwP-WdAAAB','-gJ6BM2bxOdw4wtZ',0,X'86A773747261C39F6501A76772C3BCC39F6501A8CEBFCEB4CF8CCF8201A2C2BD01A8C5BF79C5BF74656D01A4E385A46101');
CREATE INDEX members_of_room ON members (room, uid);
CREATE INDEX identities_by_key ON identities (key, seen);
CREATE INDEX identities_by_seen ON identities (seen);
COMMIT;

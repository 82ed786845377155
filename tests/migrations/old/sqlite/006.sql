BEGIN;

CREATE TABLE IF NOT EXISTS alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 001

CREATE TABLE neural_configs (
    id INTEGER NOT NULL, 
    name VARCHAR(255) NOT NULL, 
    config JSON NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_neural_configs PRIMARY KEY (id), 
    CONSTRAINT uq_neural_configs_name UNIQUE (name)
);

CREATE TABLE text_corpora (
    id INTEGER NOT NULL, 
    title VARCHAR(255), 
    content TEXT NOT NULL, 
    source VARCHAR(512), 
    metadata JSON, 
    word_count BIGINT NOT NULL, 
    char_count BIGINT NOT NULL, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_text_corpora PRIMARY KEY (id)
);

CREATE TABLE training_jobs (
    id INTEGER NOT NULL, 
    job_id VARCHAR(64) NOT NULL, 
    status VARCHAR(16) NOT NULL, 
    progress DOUBLE NOT NULL, 
    message TEXT, 
    error TEXT, 
    neural_config_id INTEGER, 
    text_corpus_id INTEGER, 
    started_at DATETIME, 
    completed_at DATETIME, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_training_jobs PRIMARY KEY (id), 
    CONSTRAINT fk_training_jobs_neural_config_id FOREIGN KEY(neural_config_id) REFERENCES neural_configs (id) ON DELETE CASCADE, 
    CONSTRAINT fk_training_jobs_text_corpus_id FOREIGN KEY(text_corpus_id) REFERENCES text_corpora (id) ON DELETE SET NULL, 
    CONSTRAINT uq_training_jobs_job_id UNIQUE (job_id), 
    CONSTRAINT ck_training_jobs_status CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')), 
    CONSTRAINT ck_training_jobs_progress CHECK (progress >= 0 AND progress <= 100)
);

CREATE INDEX ix_training_jobs_neural_config_id ON training_jobs (neural_config_id);

CREATE INDEX ix_training_jobs_text_corpus_id ON training_jobs (text_corpus_id);

CREATE TABLE markov_ngrams (
    n SMALLINT NOT NULL, 
    context VARCHAR(31) NOT NULL, 
    next_char VARCHAR(1) NOT NULL, 
    count BIGINT NOT NULL, 
    probability DOUBLE, 
    CONSTRAINT pk_markov_ngrams PRIMARY KEY (n, context, next_char), 
    CONSTRAINT ck_markov_ngrams_count CHECK (count >= 1)
)
 WITHOUT ROWID;

CREATE TABLE neural_checkpoints (
    id INTEGER NOT NULL, 
    epochs INTEGER NOT NULL, 
    block_size INTEGER NOT NULL, 
    path VARCHAR(1024) NOT NULL, 
    notes TEXT, 
    loss DOUBLE, 
    accuracy DOUBLE, 
    is_best BOOLEAN, 
    training_job_id INTEGER, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_neural_checkpoints PRIMARY KEY (id), 
    CONSTRAINT fk_neural_checkpoints_training_job_id FOREIGN KEY(training_job_id) REFERENCES training_jobs (id) ON DELETE CASCADE, 
    CONSTRAINT uq_neural_checkpoints_is_best_training_job_id UNIQUE (is_best, training_job_id), 
    CONSTRAINT ck_neural_checkpoints_epochs CHECK (epochs >= 0), 
    CONSTRAINT ck_neural_checkpoints_block_size CHECK (block_size >= 0)
);

CREATE INDEX ix_neural_checkpoints_training_job_id ON neural_checkpoints (training_job_id);

CREATE TABLE generation_history (
    id INTEGER NOT NULL, 
    prompt TEXT NOT NULL, 
    response TEXT NOT NULL, 
    model VARCHAR(255), 
    parameters JSON, 
    quality_score DOUBLE, 
    user_rating SMALLINT, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_generation_history PRIMARY KEY (id), 
    CONSTRAINT ck_generation_history_user_rating CHECK (user_rating >= 1 AND user_rating <= 5)
);

CREATE TABLE accuracy_metrics (
    id INTEGER NOT NULL, 
    metric_type VARCHAR(100) NOT NULL, 
    value DOUBLE NOT NULL, 
    step BIGINT, 
    metadata JSON, 
    model_checkpoint_id INTEGER, 
    training_job_id INTEGER, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_accuracy_metrics PRIMARY KEY (id), 
    CONSTRAINT fk_accuracy_metrics_model_checkpoint_id FOREIGN KEY(model_checkpoint_id) REFERENCES neural_checkpoints (id) ON DELETE CASCADE, 
    CONSTRAINT fk_accuracy_metrics_training_job_id FOREIGN KEY(training_job_id) REFERENCES training_jobs (id) ON DELETE CASCADE
);

CREATE INDEX ix_accuracy_metrics_model_checkpoint_id ON accuracy_metrics (model_checkpoint_id);

CREATE INDEX ix_accuracy_metrics_training_job_id ON accuracy_metrics (training_job_id);

CREATE TABLE database_versions (
    id INTEGER NOT NULL, 
    version VARCHAR(100) NOT NULL, 
    description TEXT, 
    applied_at DATETIME NOT NULL, 
    CONSTRAINT pk_database_versions PRIMARY KEY (id)
);

INSERT INTO alembic_version (version_num) VALUES ('001') RETURNING version_num;

INSERT INTO database_versions (version, description, applied_at) VALUES ('001', 'upgrade 001: initial schema', strftime('%Y-%m-%d %H:%M:%f000', 'now'));

-- Running upgrade 001 -> 002

CREATE INDEX ix_training_jobs_status_id ON training_jobs (status, id);

CREATE INDEX ix_text_corpora_source ON text_corpora (source);

CREATE INDEX ix_neural_checkpoints_loss ON neural_checkpoints (loss);

CREATE INDEX ix_accuracy_metrics_metric_type_id ON accuracy_metrics (metric_type, id);

CREATE INDEX ix_generation_history_model_id ON generation_history (model, id);

UPDATE alembic_version SET version_num='002' WHERE alembic_version.version_num = '001';

INSERT INTO database_versions (version, description, applied_at) VALUES ('002', 'upgrade 002: performance indexes', strftime('%Y-%m-%d %H:%M:%f000', 'now'));

-- Running upgrade 002 -> 003

CREATE VIRTUAL TABLE text_corpora_fts USING fts5(
    title, content, content='text_corpora', content_rowid='id', tokenize="unicode61 remove_diacritics 0 categories 'L* N* Mn Mc' tokenchars '_' separators '⁦⁧⁨⁩₺₻₼₽₾₿⃀⏴⏵⏶⏷⏸⏹⏺⏻⏼⏽⏾⏿✀⭍⭎⭏⭐⭑⭒⭓⭔⭕⭖⭗⭘⭙⭚⭛⭜⭝⭞⭟⭠⭡⭢⭣⭤⭥⭦⭧⭨⭩⭪⭫⭬⭭⭮⭯⭰⭱⭲⭳⭴⭵⭶⭷⭸⭹⭺⭻⭼⭽⭾⭿⮀⮁⮂⮃⮄⮅⮆⮇⮈⮉⮊⮋⮌⮍⮎⮏⮐⮑⮒⮓⮔⮕⮖⮗⮘⮙⮚⮛⮜⮝⮞⮟⮠⮡⮢⮣⮤⮥⮦⮧⮨⮩⮪⮫⮬⮭⮮⮯⮰⮱⮲⮳⮴⮵⮶⮷⮸⮹⮺⮻⮼⮽⮾⮿⯀⯁⯂⯃⯄⯅⯆⯇⯈⯉⯊⯋⯌⯍⯎⯏⯐⯑⯒⯓⯔⯕⯖⯗⯘⯙⯚⯛⯜⯝⯞⯟⯠⯡⯢⯣⯤⯥⯦⯧⯨⯩⯪⯫⯬⯭⯮⯯⯰⯱⯲⯳⯴⯵⯶⯷⯸⯹⯺⯻⯼⯽⯾⯿⸼⸽⸾⸿⹀⹁⹂⹃⹄⹅⹆⹇⹈⹉⹊⹋⹌⹍⹎⹏⹐⹑⹒⹓⹔⹕⹖⹗⹘⹙⹚⹛⹜⹝︀︁︂︃︄︅︆︇︈︉︊︋︌︍︎️🂿🃀🃁🃂🃃🃄🃅🃆🃇🃈🃉🃊🃋🃌🃍🃎🃏🃐🃑🃒🃓🃔🃕🃖🃗🃘🃙🃚🃛🃜🃝🃞🃟🃠🃡🃢🃣🃤🃥🃦🃧🃨🃩🃪🃫🃬🃭🃮🃯🃰🃱🃲🃳🃴🃵🄍🄎🄏🄐🄑🄒🄓🄔🄕🄖🄗🄘🄙🄚🄛🄜🄝🄞🄟🄠🄡🄢🄣🄤🄥🄦🄧🄨🄩🄪🄫🄬🄭🄮🄯🄰🄱🄲🄳🄴🄵🄶🄷🄸🄹🄺🄻🄼🄽🄾🄿🅀🅁🅂🅃🅄🅅🅆🅇🅈🅉🅊🅋🅌🅍🅎🅏🅐🅑🅒🅓🅔🅕🅖🅗🅘🅙🅚🅛🅜🅝🅞🅟🅠🅡🅢🅣🅤🅥🅦🅧🅨🅩🅪🅫🅬🅭🅮🅯🅰🅱🅲🅳🅴🅵🅶🅷🅸🅹🅺🅻🅼🅽🅾🅿🆀🆁🆂🆃🆄🆅🆆🆇🆈🆉🆊🆋🆌🆍🆎🆏🆐🆑🆒🆓🆔🆕🆖🆗🆘🆙🆚🆛🆜🆝🆞🆟🆠🆡🆢🆣🆤🆥🆦🆧🆨🆩🆪🆫🆬🆭🆮🆯🆰🆱🆲🆳🆴🆵🆶🆷🆸🆹🆺🆻🆼🆽🆾🆿🇀🇁🇂🇃🇄🇅🇆🇇🇈🇉🇊🇋🇌🇍🇎🇏🇐🇑🇒🇓🇔🇕🇖🇗🇘🇙🇚🇛🇜🇝🇞🇟🇠🇡🇢🇣🇤🇥🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿🈀🈁🈂🈃🈄🈅🈆🈇🈈🈉🈊🈋🈌🈍🈎🈏🈐🈑🈒🈓🈔🈕🈖🈗🈘🈙🈚🈛🈜🈝🈞🈟🈠🈡🈢🈣🈤🈥🈦🈧🈨🈩🈪🈫🈬🈭🈮🈯🈰🈱🈲🈳🈴🈵🈶🈷🈸🈹🈺🈻🈼🈽🈾🈿🉀🉁🉂🉃🉄🉅🉆🉇🉈🉉🉊🉋🉌🉍🉎🉏🉐🉑🉒🉓🉔🉕🉖🉗🉘🉙🉚🉛🉜🉝🉞🉟🉠🉡🉢🉣🉤🉥🉦🉧🉨🉩🉪🉫🉬🉭🉮🉯🉰🉱🉲🉳🉴🉵🉶🉷🉸🉹🉺🉻🉼🉽🉾🉿🊀🊁🊂🊃🊄🊅🊆🊇🊈🊉🊊🊋🊌🊍🊎🊏🊐🊑🊒🊓🊔🊕🊖🊗🊘🊙🊚🊛🊜🊝🊞🊟🊠🊡🊢🊣🊤🊥🊦🊧🊨🊩🊪🊫🊬🊭🊮🊯🊰🊱🊲🊳🊴🊵🊶🊷🊸🊹🊺🊻🊼🊽🊾🊿🋀🋁🋂🋃🋄🋅🋆🋇🋈🋉🋊🋋🋌🋍🋎🋏🋐🋑🋒🋓🋔🋕🋖🋗🋘🋙🋚🋛🋜🋝🋞🋟🋠🋡🋢🋣🋤🋥🋦🋧🋨🋩🋪🋫🋬🋭🋮🋯🋰🋱🋲🋳🋴🋵🋶🋷🋸🋹🋺🋻🋼🋽🋾🋿🌀🌁🌂🌃🌄🌅🌆🌇🌈🌉🌊🌋🌌🌍🌎🌏🌐🌑🌒🌓🌔🌕🌖🌗🌘🌙🌚🌛🌜🌝🌞🌟🌠🌡🌢🌣🌤🌥🌦🌧🌨🌩🌪🌫🌬🌭🌮🌯🌰🌱🌲🌳🌴🌵🌶🌷🌸🌹🌺🌻🌼🌽🌾🌿🍀🍁🍂🍃🍄🍅🍆🍇🍈🍉🍊🍋🍌🍍🍎🍏🍐🍑🍒🍓🍔🍕🍖🍗🍘🍙🍚🍛🍜🍝🍞🍟🍠🍡🍢🍣🍤🍥🍦🍧🍨🍩🍪🍫🍬🍭🍮🍯🍰🍱🍲🍳🍴🍵🍶🍷🍸🍹🍺🍻🍼🍽🍾🍿🎀🎁🎂🎃🎄🎅🎆🎇🎈🎉🎊🎋🎌🎍🎎🎏🎐🎑🎒🎓🎔🎕🎖🎗🎘🎙🎚🎛🎜🎝🎞🎟🎠🎡🎢🎣🎤🎥🎦🎧🎨🎩🎪🎫🎬🎭🎮🎯🎰🎱🎲🎳🎴🎵🎶🎷🎸🎹🎺🎻🎼🎽🎾🎿🏀🏁🏂🏃🏄🏅🏆🏇🏈🏉🏊🏋🏌🏍🏎🏏🏐🏑🏒🏓🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏠🏡🏢🏣🏤🏥🏦🏧🏨🏩🏪🏫🏬🏭🏮🏯🏰🏱🏲🏳🏴🏵🏶🏷🏸🏹🏺🏻🏼🏽🏾🏿🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊🐋🐌🐍🐎🐏🐐🐑🐒🐓🐔🐕🐖🐗🐘🐙🐚🐛🐜🐝🐞🐟🐠🐡🐢🐣🐤🐥🐦🐧🐨🐩🐪🐫🐬🐭🐮🐯🐰🐱🐲🐳🐴🐵🐶🐷🐸🐹🐺🐻🐼🐽🐾🐿👀👁👂👃👄👅👆👇👈👉👊👋👌👍👎👏👐👑👒👓👔👕👖👗👘👙👚👛👜👝👞👟👠👡👢👣👤👥👦👧👨👩👪👫👬👭👮👯👰👱👲👳👴👵👶👷👸👹👺👻👼👽👾👿💀💁💂💃💄💅💆💇💈💉💊💋💌💍💎💏💐💑💒💓💔💕💖💗💘💙💚💛💜💝💞💟💠💡💢💣💤💥💦💧💨💩💪💫💬💭💮💯💰💱💲💳💴💵💶💷💸💹💺💻💼💽💾💿📀📁📂📃📄📅📆📇📈📉📊📋📌📍📎📏📐📑📒📓📔📕📖📗📘📙📚📛📜📝📞📟📠📡📢📣📤📥📦📧📨📩📪📫📬📭📮📯📰📱📲📳📴📵📶📷📸📹📺📻📼📽📾📿🔀🔁🔂🔃🔄🔅🔆🔇🔈🔉🔊🔋🔌🔍🔎🔏🔐🔑🔒🔓🔔🔕🔖🔗🔘🔙🔚🔛🔜🔝🔞🔟🔠🔡🔢🔣🔤🔥🔦🔧🔨🔩🔪🔫🔬🔭🔮🔯🔰🔱🔲🔳🔴🔵🔶🔷🔸🔹🔺🔻🔼🔽🔾🔿🕀🕁🕂🕃🕄🕅🕆🕇🕈🕉🕊🕋🕌🕍🕎🕏🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛🕜🕝🕞🕟🕠🕡🕢🕣🕤🕥🕦🕧🕨🕩🕪🕫🕬🕭🕮🕯🕰🕱🕲🕳🕴🕵🕶🕷🕸🕹🕺🕻🕼🕽🕾🕿🖀🖁🖂🖃🖄🖅🖆🖇🖈🖉🖊🖋🖌🖍🖎🖏🖐🖑🖒🖓🖔🖕🖖🖗🖘🖙🖚🖛🖜🖝🖞🖟🖠🖡🖢🖣🖤🖥🖦🖧🖨🖩🖪🖫🖬🖭🖮🖯🖰🖱🖲🖳🖴🖵🖶🖷🖸🖹🖺🖻🖼🖽🖾🖿🗀🗁🗂🗃🗄🗅🗆🗇🗈🗉🗊🗋🗌🗍🗎🗏🗐🗑🗒🗓🗔🗕🗖🗗🗘🗙🗚🗛🗜🗝🗞🗟🗠🗡🗢🗣🗤🗥🗦🗧🗨🗩🗪🗫🗬🗭🗮🗯🗰🗱🗲🗳🗴🗵🗶🗷🗸🗹🗺🗻🗼🗽🗾🗿😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗😘😙😚😛😜😝😞😟😠😡😢😣😤😥😦😧😨😩😪😫😬😭😮😯😰😱😲😳😴😵😶😷😸😹😺😻😼😽😾😿🙀🙁🙂🙃🙄🙅🙆🙇🙈🙉🙊🙋🙌🙍🙎🙏🙐🙑🙒🙓🙔🙕🙖🙗🙘🙙🙚🙛🙜🙝🙞🙟🙠🙡🙢🙣🙤🙥🙦🙧🙨🙩🙪🙫🙬🙭🙮🙯🙰🙱🙲🙳🙴🙵🙶🙷🙸🙹🙺🙻🙼🙽🙾🙿🚀🚁🚂🚃🚄🚅🚆🚇🚈🚉🚊🚋🚌🚍🚎🚏🚐🚑🚒🚓🚔🚕🚖🚗🚘🚙🚚🚛🚜🚝🚞🚟🚠🚡🚢🚣🚤🚥🚦🚧🚨🚩🚪🚫🚬🚭🚮🚯🚰🚱🚲🚳🚴🚵🚶🚷🚸🚹🚺🚻🚼🚽🚾🚿🛀🛁🛂🛃🛄🛅🛆🛇🛈🛉🛊🛋🛌🛍🛎🛏🛐🛑🛒🛓🛔🛕🛖🛗🛘🛙🛚🛛🛜🛝🛞🛟🛠🛡🛢🛣🛤🛥🛦🛧🛨🛩🛪🛫🛬🛭🛮🛯🛰🛱🛲🛳🛴🛵🛶🛷🛸🛹🛺🛻🛼🛽🛾🛿🜀🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋🜌🜍🜎🜏🜐🜑🜒🜓🜔🜕🜖🜗🜘🜙🜚🜛🜜🜝🜞🜟🜠🜡🜢🜣🜤🜥🜦🜧🜨🜩🜪🜫🜬🜭🜮🜯🜰🜱🜲🜳🜴🜵🜶🜷🜸🜹🜺🜻🜼🜽🜾🜿🝀🝁🝂🝃🝄🝅🝆🝇🝈🝉🝊🝋🝌🝍🝎🝏🝐🝑🝒🝓🝔🝕🝖🝗🝘🝙🝚🝛🝜🝝🝞🝟🝠🝡🝢🝣🝤🝥🝦🝧🝨🝩🝪🝫🝬🝭🝮🝯🝰🝱🝲🝳🝴🝵🝶🝷🝸🝹🝺🝻🝼🝽🝾🝿🞀🞁🞂🞃🞄🞅🞆🞇🞈🞉🞊🞋🞌🞍🞎🞏🞐🞑🞒🞓🞔🞕🞖🞗🞘🞙🞚🞛🞜🞝🞞🞟🞠🞡🞢🞣🞤🞥🞦🞧🞨🞩🞪🞫🞬🞭🞮🞯🞰🞱🞲🞳🞴🞵🞶🞷🞸🞹🞺🞻🞼🞽🞾🞿🟀🟁🟂🟃🟄🟅🟆🟇🟈🟉🟊🟋🟌🟍🟎🟏🟐🟑🟒🟓🟔🟕🟖🟗🟘🟙🟚🟛🟜🟝🟞🟟🟠🟡🟢🟣🟤🟥🟦🟧🟨🟩🟪🟫🟬🟭🟮🟯🟰🟱🟲🟳🟴🟵🟶🟷🟸🟹🟺🟻🟼🟽🟾🟿🠀🠁🠂🠃🠄🠅🠆🠇🠈🠉🠊🠋🠌🠍🠎🠏🠐🠑🠒🠓🠔🠕🠖🠗🠘🠙🠚🠛🠜🠝🠞🠟🠠🠡🠢🠣🠤🠥🠦🠧🠨🠩🠪🠫🠬🠭🠮🠯🠰🠱🠲🠳🠴🠵🠶🠷🠸🠹🠺🠻🠼🠽🠾🠿🡀🡁🡂🡃🡄🡅🡆🡇🡈🡉🡊🡋🡌🡍🡎🡏🡐🡑🡒🡓🡔🡕🡖🡗🡘🡙🡚🡛🡜🡝🡞🡟🡠🡡🡢🡣🡤🡥🡦🡧🡨🡩🡪🡫🡬🡭🡮🡯🡰🡱🡲🡳🡴🡵🡶🡷🡸🡹🡺🡻🡼🡽🡾🡿🢀🢁🢂🢃🢄🢅🢆🢇🢈🢉🢊🢋🢌🢍🢎🢏🢐🢑🢒🢓🢔🢕🢖🢗🢘🢙🢚🢛🢜🢝🢞🢟🢠🢡🢢🢣🢤🢥🢦🢧🢨🢩🢪🢫🢬🢭🢮🢯🢰🢱🢲🢳🢴🢵🢶🢷🢸🢹🢺🢻🢼🢽🢾🢿🣀🣁🣂🣃🣄🣅🣆🣇🣈🣉🣊🣋🣌🣍🣎🣏🣐🣑🣒🣓🣔🣕🣖🣗🣘🣙🣚🣛🣜🣝🣞🣟🣠🣡🣢🣣🣤🣥🣦🣧🣨🣩🣪🣫🣬🣭🣮🣯🣰🣱🣲🣳🣴🣵🣶🣷🣸🣹🣺🣻🣼🣽🣾🣿🤀🤁🤂🤃🤄🤅🤆🤇🤈🤉🤊🤋🤌🤍🤎🤏🤐🤑🤒🤓🤔🤕🤖🤗🤘🤙🤚🤛🤜🤝🤞🤟🤠🤡🤢🤣🤤🤥🤦🤧🤨🤩🤪🤫🤬🤭🤮🤯🤰🤱🤲🤳🤴🤵🤶🤷🤸🤹🤺🤻🤼🤽🤾🤿🥀🥁🥂🥃🥄🥅🥆🥇🥈🥉🥊🥋🥌🥍🥎🥏🥐🥑🥒🥓🥔🥕🥖🥗🥘🥙🥚🥛🥜🥝🥞🥟🥠🥡🥢🥣🥤🥥🥦🥧🥨🥩🥪🥫🥬🥭🥮🥯🥰🥱🥲🥳🥴🥵🥶🥷🥸🥹🥺🥻🥼🥽🥾🥿🦀🦁🦂🦃🦄🦅🦆🦇🦈🦉🦊🦋🦌🦍🦎🦏🦐🦑🦒🦓🦔🦕🦖🦗🦘🦙🦚🦛🦜🦝🦞🦟🦠🦡🦢🦣🦤🦥🦦🦧🦨🦩🦪🦫🦬🦭🦮🦯🦰🦱🦲🦳🦴🦵🦶🦷🦸🦹🦺🦻🦼🦽🦾🦿🧀🧁🧂🧃🧄🧅🧆🧇🧈🧉🧊🧋🧌🧍🧎🧏🧐🧑🧒🧓🧔🧕🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟🧠🧡🧢🧣🧤🧥🧦🧧🧨🧩🧪🧫🧬🧭🧮🧯🧰🧱🧲🧳🧴🧵🧶🧷🧸🧹🧺🧻🧼🧽🧾🧿🨀🨁🨂🨃🨄🨅🨆🨇🨈🨉🨊🨋🨌🨍🨎🨏🨐🨑🨒🨓🨔🨕🨖🨗🨘🨙🨚🨛🨜🨝🨞🨟🨠🨡🨢🨣🨤🨥🨦🨧🨨🨩🨪🨫🨬🨭🨮🨯🨰🨱🨲🨳🨴🨵🨶🨷🨸🨹🨺🨻🨼🨽🨾🨿🩀🩁🩂🩃🩄🩅🩆🩇🩈🩉🩊🩋🩌🩍🩎🩏🩐🩑🩒🩓🩔🩕🩖🩗🩘🩙🩚🩛🩜🩝🩞🩟🩠🩡🩢🩣🩤🩥🩦🩧🩨🩩🩪🩫🩬🩭🩮🩯🩰🩱🩲🩳🩴🩵🩶🩷🩸🩹🩺🩻🩼🩽🩾🩿🪀🪁🪂🪃🪄🪅🪆🪇🪈🪉🪊🪋🪌🪍🪎🪏🪐🪑🪒🪓🪔🪕🪖🪗🪘🪙🪚🪛🪜🪝🪞🪟🪠🪡🪢🪣🪤🪥🪦🪧🪨🪩🪪🪫🪬🪭🪮🪯🪰🪱🪲🪳🪴🪵🪶🪷🪸🪹🪺🪻🪼🪽🪾🪿🫀🫁🫂🫃🫄🫅🫆🫇🫈🫉🫊🫋🫌🫍🫎🫏🫐🫑🫒🫓🫔🫕🫖🫗🫘🫙🫚🫛🫜🫝🫞🫟🫠🫡🫢🫣🫤🫥🫦🫧🫨🫩🫪🫫🫬🫭🫮🫯🫰🫱🫲🫳🫴🫵🫶🫷🫸🫹🫺🫻🫼🫽🫾🫿'");

CREATE TRIGGER text_corpora_fts_ai AFTER INSERT ON text_corpora BEGIN
    INSERT INTO text_corpora_fts (rowid, title, content)
    VALUES (new.id, new.title, new.content);
END;

CREATE TRIGGER text_corpora_fts_ad AFTER DELETE ON text_corpora BEGIN
    INSERT INTO text_corpora_fts (text_corpora_fts, rowid, title, content)
    VALUES ('delete', old.id, old.title, old.content);
END;

CREATE TRIGGER text_corpora_fts_au AFTER UPDATE OF id, title, content ON text_corpora BEGIN
    INSERT INTO text_corpora_fts (text_corpora_fts, rowid, title, content)
    VALUES ('delete', old.id, old.title, old.content);
    INSERT INTO text_corpora_fts (rowid, title, content)
    VALUES (new.id, new.title, new.content);
END;

INSERT INTO text_corpora_fts (text_corpora_fts) VALUES ('rebuild');

UPDATE alembic_version SET version_num='003' WHERE alembic_version.version_num = '002';

INSERT INTO database_versions (version, description, applied_at) VALUES ('003', 'upgrade 003: full-text search', strftime('%Y-%m-%d %H:%M:%f000', 'now'));

-- Running upgrade 003 -> 004

CREATE TABLE users (
    id BLOB NOT NULL, 
    username VARCHAR(255), 
    email VARCHAR(320), 
    metadata JSON, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_users PRIMARY KEY (id), 
    CONSTRAINT uq_users_email UNIQUE (email)
);

UPDATE alembic_version SET version_num='004' WHERE alembic_version.version_num = '003';

INSERT INTO database_versions (version, description, applied_at) VALUES ('004', 'upgrade 004: users', strftime('%Y-%m-%d %H:%M:%f000', 'now'));

-- Running upgrade 004 -> 005

CREATE TABLE articles (
    id VARCHAR(255) NOT NULL, 
    url VARCHAR(2048), 
    title VARCHAR(512), 
    content TEXT NOT NULL, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_articles PRIMARY KEY (id)
);

CREATE TABLE articles_fts_keys (
    rowid INTEGER PRIMARY KEY, id VARCHAR(255) NOT NULL UNIQUE);

CREATE VIEW articles_fts_rows AS SELECT k.rowid AS rowid, t.title, t.content
    FROM articles_fts_keys AS k JOIN articles AS t ON t.id = k.id;

INSERT INTO articles_fts_keys (id) SELECT id FROM articles ORDER BY id;

CREATE VIRTUAL TABLE articles_fts USING fts5(
    title, content, content='articles_fts_rows', content_rowid='rowid', tokenize="unicode61 remove_diacritics 0 categories 'L* N* Mn Mc' tokenchars '_' separators '⁦⁧⁨⁩₺₻₼₽₾₿⃀⏴⏵⏶⏷⏸⏹⏺⏻⏼⏽⏾⏿✀⭍⭎⭏⭐⭑⭒⭓⭔⭕⭖⭗⭘⭙⭚⭛⭜⭝⭞⭟⭠⭡⭢⭣⭤⭥⭦⭧⭨⭩⭪⭫⭬⭭⭮⭯⭰⭱⭲⭳⭴⭵⭶⭷⭸⭹⭺⭻⭼⭽⭾⭿⮀⮁⮂⮃⮄⮅⮆⮇⮈⮉⮊⮋⮌⮍⮎⮏⮐⮑⮒⮓⮔⮕⮖⮗⮘⮙⮚⮛⮜⮝⮞⮟⮠⮡⮢⮣⮤⮥⮦⮧⮨⮩⮪⮫⮬⮭⮮⮯⮰⮱⮲⮳⮴⮵⮶⮷⮸⮹⮺⮻⮼⮽⮾⮿⯀⯁⯂⯃⯄⯅⯆⯇⯈⯉⯊⯋⯌⯍⯎⯏⯐⯑⯒⯓⯔⯕⯖⯗⯘⯙⯚⯛⯜⯝⯞⯟⯠⯡⯢⯣⯤⯥⯦⯧⯨⯩⯪⯫⯬⯭⯮⯯⯰⯱⯲⯳⯴⯵⯶⯷⯸⯹⯺⯻⯼⯽⯾⯿⸼⸽⸾⸿⹀⹁⹂⹃⹄⹅⹆⹇⹈⹉⹊⹋⹌⹍⹎⹏⹐⹑⹒⹓⹔⹕⹖⹗⹘⹙⹚⹛⹜⹝︀︁︂︃︄︅︆︇︈︉︊︋︌︍︎️🂿🃀🃁🃂🃃🃄🃅🃆🃇🃈🃉🃊🃋🃌🃍🃎🃏🃐🃑🃒🃓🃔🃕🃖🃗🃘🃙🃚🃛🃜🃝🃞🃟🃠🃡🃢🃣🃤🃥🃦🃧🃨🃩🃪🃫🃬🃭🃮🃯🃰🃱🃲🃳🃴🃵🄍🄎🄏🄐🄑🄒🄓🄔🄕🄖🄗🄘🄙🄚🄛🄜🄝🄞🄟🄠🄡🄢🄣🄤🄥🄦🄧🄨🄩🄪🄫🄬🄭🄮🄯🄰🄱🄲🄳🄴🄵🄶🄷🄸🄹🄺🄻🄼🄽🄾🄿🅀🅁🅂🅃🅄🅅🅆🅇🅈🅉🅊🅋🅌🅍🅎🅏🅐🅑🅒🅓🅔🅕🅖🅗🅘🅙🅚🅛🅜🅝🅞🅟🅠🅡🅢🅣🅤🅥🅦🅧🅨🅩🅪🅫🅬🅭🅮🅯🅰🅱🅲🅳🅴🅵🅶🅷🅸🅹🅺🅻🅼🅽🅾🅿🆀🆁🆂🆃🆄🆅🆆🆇🆈🆉🆊🆋🆌🆍🆎🆏🆐🆑🆒🆓🆔🆕🆖🆗🆘🆙🆚🆛🆜🆝🆞🆟🆠🆡🆢🆣🆤🆥🆦🆧🆨🆩🆪🆫🆬🆭🆮🆯🆰🆱🆲🆳🆴🆵🆶🆷🆸🆹🆺🆻🆼🆽🆾🆿🇀🇁🇂🇃🇄🇅🇆🇇🇈🇉🇊🇋🇌🇍🇎🇏🇐🇑🇒🇓🇔🇕🇖🇗🇘🇙🇚🇛🇜🇝🇞🇟🇠🇡🇢🇣🇤🇥🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿🈀🈁🈂🈃🈄🈅🈆🈇🈈🈉🈊🈋🈌🈍🈎🈏🈐🈑🈒🈓🈔🈕🈖🈗🈘🈙🈚🈛🈜🈝🈞🈟🈠🈡🈢🈣🈤🈥🈦🈧🈨🈩🈪🈫🈬🈭🈮🈯🈰🈱🈲🈳🈴🈵🈶🈷🈸🈹🈺🈻🈼🈽🈾🈿🉀🉁🉂🉃🉄🉅🉆🉇🉈🉉🉊🉋🉌🉍🉎🉏🉐🉑🉒🉓🉔🉕🉖🉗🉘🉙🉚🉛🉜🉝🉞🉟🉠🉡🉢🉣🉤🉥🉦🉧🉨🉩🉪🉫🉬🉭🉮🉯🉰🉱🉲🉳🉴🉵🉶🉷🉸🉹🉺🉻🉼🉽🉾🉿🊀🊁🊂🊃🊄🊅🊆🊇🊈🊉🊊🊋🊌🊍🊎🊏🊐🊑🊒🊓🊔🊕🊖🊗🊘🊙🊚🊛🊜🊝🊞🊟🊠🊡🊢🊣🊤🊥🊦🊧🊨🊩🊪🊫🊬🊭🊮🊯🊰🊱🊲🊳🊴🊵🊶🊷🊸🊹🊺🊻🊼🊽🊾🊿🋀🋁🋂🋃🋄🋅🋆🋇🋈🋉🋊🋋🋌🋍🋎🋏🋐🋑🋒🋓🋔🋕🋖🋗🋘🋙🋚🋛🋜🋝🋞🋟🋠🋡🋢🋣🋤🋥🋦🋧🋨🋩🋪🋫🋬🋭🋮🋯🋰🋱🋲🋳🋴🋵🋶🋷🋸🋹🋺🋻🋼🋽🋾🋿🌀🌁🌂🌃🌄🌅🌆🌇🌈🌉🌊🌋🌌🌍🌎🌏🌐🌑🌒🌓🌔🌕🌖🌗🌘🌙🌚🌛🌜🌝🌞🌟🌠🌡🌢🌣🌤🌥🌦🌧🌨🌩🌪🌫🌬🌭🌮🌯🌰🌱🌲🌳🌴🌵🌶🌷🌸🌹🌺🌻🌼🌽🌾🌿🍀🍁🍂🍃🍄🍅🍆🍇🍈🍉🍊🍋🍌🍍🍎🍏🍐🍑🍒🍓🍔🍕🍖🍗🍘🍙🍚🍛🍜🍝🍞🍟🍠🍡🍢🍣🍤🍥🍦🍧🍨🍩🍪🍫🍬🍭🍮🍯🍰🍱🍲🍳🍴🍵🍶🍷🍸🍹🍺🍻🍼🍽🍾🍿🎀🎁🎂🎃🎄🎅🎆🎇🎈🎉🎊🎋🎌🎍🎎🎏🎐🎑🎒🎓🎔🎕🎖🎗🎘🎙🎚🎛🎜🎝🎞🎟🎠🎡🎢🎣🎤🎥🎦🎧🎨🎩🎪🎫🎬🎭🎮🎯🎰🎱🎲🎳🎴🎵🎶🎷🎸🎹🎺🎻🎼🎽🎾🎿🏀🏁🏂🏃🏄🏅🏆🏇🏈🏉🏊🏋🏌🏍🏎🏏🏐🏑🏒🏓🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏠🏡🏢🏣🏤🏥🏦🏧🏨🏩🏪🏫🏬🏭🏮🏯🏰🏱🏲🏳🏴🏵🏶🏷🏸🏹🏺🏻🏼🏽🏾🏿🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊🐋🐌🐍🐎🐏🐐🐑🐒🐓🐔🐕🐖🐗🐘🐙🐚🐛🐜🐝🐞🐟🐠🐡🐢🐣🐤🐥🐦🐧🐨🐩🐪🐫🐬🐭🐮🐯🐰🐱🐲🐳🐴🐵🐶🐷🐸🐹🐺🐻🐼🐽🐾🐿👀👁👂👃👄👅👆👇👈👉👊👋👌👍👎👏👐👑👒👓👔👕👖👗👘👙👚👛👜👝👞👟👠👡👢👣👤👥👦👧👨👩👪👫👬👭👮👯👰👱👲👳👴👵👶👷👸👹👺👻👼👽👾👿💀💁💂💃💄💅💆💇💈💉💊💋💌💍💎💏💐💑💒💓💔💕💖💗💘💙💚💛💜💝💞💟💠💡💢💣💤💥💦💧💨💩💪💫💬💭💮💯💰💱💲💳💴💵💶💷💸💹💺💻💼💽💾💿📀📁📂📃📄📅📆📇📈📉📊📋📌📍📎📏📐📑📒📓📔📕📖📗📘📙📚📛📜📝📞📟📠📡📢📣📤📥📦📧📨📩📪📫📬📭📮📯📰📱📲📳📴📵📶📷📸📹📺📻📼📽📾📿🔀🔁🔂🔃🔄🔅🔆🔇🔈🔉🔊🔋🔌🔍🔎🔏🔐🔑🔒🔓🔔🔕🔖🔗🔘🔙🔚🔛🔜🔝🔞🔟🔠🔡🔢🔣🔤🔥🔦🔧🔨🔩🔪🔫🔬🔭🔮🔯🔰🔱🔲🔳🔴🔵🔶🔷🔸🔹🔺🔻🔼🔽🔾🔿🕀🕁🕂🕃🕄🕅🕆🕇🕈🕉🕊🕋🕌🕍🕎🕏🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛🕜🕝🕞🕟🕠🕡🕢🕣🕤🕥🕦🕧🕨🕩🕪🕫🕬🕭🕮🕯🕰🕱🕲🕳🕴🕵🕶🕷🕸🕹🕺🕻🕼🕽🕾🕿🖀🖁🖂🖃🖄🖅🖆🖇🖈🖉🖊🖋🖌🖍🖎🖏🖐🖑🖒🖓🖔🖕🖖🖗🖘🖙🖚🖛🖜🖝🖞🖟🖠🖡🖢🖣🖤🖥🖦🖧🖨🖩🖪🖫🖬🖭🖮🖯🖰🖱🖲🖳🖴🖵🖶🖷🖸🖹🖺🖻🖼🖽🖾🖿🗀🗁🗂🗃🗄🗅🗆🗇🗈🗉🗊🗋🗌🗍🗎🗏🗐🗑🗒🗓🗔🗕🗖🗗🗘🗙🗚🗛🗜🗝🗞🗟🗠🗡🗢🗣🗤🗥🗦🗧🗨🗩🗪🗫🗬🗭🗮🗯🗰🗱🗲🗳🗴🗵🗶🗷🗸🗹🗺🗻🗼🗽🗾🗿😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗😘😙😚😛😜😝😞😟😠😡😢😣😤😥😦😧😨😩😪😫😬😭😮😯😰😱😲😳😴😵😶😷😸😹😺😻😼😽😾😿🙀🙁🙂🙃🙄🙅🙆🙇🙈🙉🙊🙋🙌🙍🙎🙏🙐🙑🙒🙓🙔🙕🙖🙗🙘🙙🙚🙛🙜🙝🙞🙟🙠🙡🙢🙣🙤🙥🙦🙧🙨🙩🙪🙫🙬🙭🙮🙯🙰🙱🙲🙳🙴🙵🙶🙷🙸🙹🙺🙻🙼🙽🙾🙿🚀🚁🚂🚃🚄🚅🚆🚇🚈🚉🚊🚋🚌🚍🚎🚏🚐🚑🚒🚓🚔🚕🚖🚗🚘🚙🚚🚛🚜🚝🚞🚟🚠🚡🚢🚣🚤🚥🚦🚧🚨🚩🚪🚫🚬🚭🚮🚯🚰🚱🚲🚳🚴🚵🚶🚷🚸🚹🚺🚻🚼🚽🚾🚿🛀🛁🛂🛃🛄🛅🛆🛇🛈🛉🛊🛋🛌🛍🛎🛏🛐🛑🛒🛓🛔🛕🛖🛗🛘🛙🛚🛛🛜🛝🛞🛟🛠🛡🛢🛣🛤🛥🛦🛧🛨🛩🛪🛫🛬🛭🛮🛯🛰🛱🛲🛳🛴🛵🛶🛷🛸🛹🛺🛻🛼🛽🛾🛿🜀🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋🜌🜍🜎🜏🜐🜑🜒🜓🜔🜕🜖🜗🜘🜙🜚🜛🜜🜝🜞🜟🜠🜡🜢🜣🜤🜥🜦🜧🜨🜩🜪🜫🜬🜭🜮🜯🜰🜱🜲🜳🜴🜵🜶🜷🜸🜹🜺🜻🜼🜽🜾🜿🝀🝁🝂🝃🝄🝅🝆🝇🝈🝉🝊🝋🝌🝍🝎🝏🝐🝑🝒🝓🝔🝕🝖🝗🝘🝙🝚🝛🝜🝝🝞🝟🝠🝡🝢🝣🝤🝥🝦🝧🝨🝩🝪🝫🝬🝭🝮🝯🝰🝱🝲🝳🝴🝵🝶🝷🝸🝹🝺🝻🝼🝽🝾🝿🞀🞁🞂🞃🞄🞅🞆🞇🞈🞉🞊🞋🞌🞍🞎🞏🞐🞑🞒🞓🞔🞕🞖🞗🞘🞙🞚🞛🞜🞝🞞🞟🞠🞡🞢🞣🞤🞥🞦🞧🞨🞩🞪🞫🞬🞭🞮🞯🞰🞱🞲🞳🞴🞵🞶🞷🞸🞹🞺🞻🞼🞽🞾🞿🟀🟁🟂🟃🟄🟅🟆🟇🟈🟉🟊🟋🟌🟍🟎🟏🟐🟑🟒🟓🟔🟕🟖🟗🟘🟙🟚🟛🟜🟝🟞🟟🟠🟡🟢🟣🟤🟥🟦🟧🟨🟩🟪🟫🟬🟭🟮🟯🟰🟱🟲🟳🟴🟵🟶🟷🟸🟹🟺🟻🟼🟽🟾🟿🠀🠁🠂🠃🠄🠅🠆🠇🠈🠉🠊🠋🠌🠍🠎🠏🠐🠑🠒🠓🠔🠕🠖🠗🠘🠙🠚🠛🠜🠝🠞🠟🠠🠡🠢🠣🠤🠥🠦🠧🠨🠩🠪🠫🠬🠭🠮🠯🠰🠱🠲🠳🠴🠵🠶🠷🠸🠹🠺🠻🠼🠽🠾🠿🡀🡁🡂🡃🡄🡅🡆🡇🡈🡉🡊🡋🡌🡍🡎🡏🡐🡑🡒🡓🡔🡕🡖🡗🡘🡙🡚🡛🡜🡝🡞🡟🡠🡡🡢🡣🡤🡥🡦🡧🡨🡩🡪🡫🡬🡭🡮🡯🡰🡱🡲🡳🡴🡵🡶🡷🡸🡹🡺🡻🡼🡽🡾🡿🢀🢁🢂🢃🢄🢅🢆🢇🢈🢉🢊🢋🢌🢍🢎🢏🢐🢑🢒🢓🢔🢕🢖🢗🢘🢙🢚🢛🢜🢝🢞🢟🢠🢡🢢🢣🢤🢥🢦🢧🢨🢩🢪🢫🢬🢭🢮🢯🢰🢱🢲🢳🢴🢵🢶🢷🢸🢹🢺🢻🢼🢽🢾🢿🣀🣁🣂🣃🣄🣅🣆🣇🣈🣉🣊🣋🣌🣍🣎🣏🣐🣑🣒🣓🣔🣕🣖🣗🣘🣙🣚🣛🣜🣝🣞🣟🣠🣡🣢🣣🣤🣥🣦🣧🣨🣩🣪🣫🣬🣭🣮🣯🣰🣱🣲🣳🣴🣵🣶🣷🣸🣹🣺🣻🣼🣽🣾🣿🤀🤁🤂🤃🤄🤅🤆🤇🤈🤉🤊🤋🤌🤍🤎🤏🤐🤑🤒🤓🤔🤕🤖🤗🤘🤙🤚🤛🤜🤝🤞🤟🤠🤡🤢🤣🤤🤥🤦🤧🤨🤩🤪🤫🤬🤭🤮🤯🤰🤱🤲🤳🤴🤵🤶🤷🤸🤹🤺🤻🤼🤽🤾🤿🥀🥁🥂🥃🥄🥅🥆🥇🥈🥉🥊🥋🥌🥍🥎🥏🥐🥑🥒🥓🥔🥕🥖🥗🥘🥙🥚🥛🥜🥝🥞🥟🥠🥡🥢🥣🥤🥥🥦🥧🥨🥩🥪🥫🥬🥭🥮🥯🥰🥱🥲🥳🥴🥵🥶🥷🥸🥹🥺🥻🥼🥽🥾🥿🦀🦁🦂🦃🦄🦅🦆🦇🦈🦉🦊🦋🦌🦍🦎🦏🦐🦑🦒🦓🦔🦕🦖🦗🦘🦙🦚🦛🦜🦝🦞🦟🦠🦡🦢🦣🦤🦥🦦🦧🦨🦩🦪🦫🦬🦭🦮🦯🦰🦱🦲🦳🦴🦵🦶🦷🦸🦹🦺🦻🦼🦽🦾🦿🧀🧁🧂🧃🧄🧅🧆🧇🧈🧉🧊🧋🧌🧍🧎🧏🧐🧑🧒🧓🧔🧕🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟🧠🧡🧢🧣🧤🧥🧦🧧🧨🧩🧪🧫🧬🧭🧮🧯🧰🧱🧲🧳🧴🧵🧶🧷🧸🧹🧺🧻🧼🧽🧾🧿🨀🨁🨂🨃🨄🨅🨆🨇🨈🨉🨊🨋🨌🨍🨎🨏🨐🨑🨒🨓🨔🨕🨖🨗🨘🨙🨚🨛🨜🨝🨞🨟🨠🨡🨢🨣🨤🨥🨦🨧🨨🨩🨪🨫🨬🨭🨮🨯🨰🨱🨲🨳🨴🨵🨶🨷🨸🨹🨺🨻🨼🨽🨾🨿🩀🩁🩂🩃🩄🩅🩆🩇🩈🩉🩊🩋🩌🩍🩎🩏🩐🩑🩒🩓🩔🩕🩖🩗🩘🩙🩚🩛🩜🩝🩞🩟🩠🩡🩢🩣🩤🩥🩦🩧🩨🩩🩪🩫🩬🩭🩮🩯🩰🩱🩲🩳🩴🩵🩶🩷🩸🩹🩺🩻🩼🩽🩾🩿🪀🪁🪂🪃🪄🪅🪆🪇🪈🪉🪊🪋🪌🪍🪎🪏🪐🪑🪒🪓🪔🪕🪖🪗🪘🪙🪚🪛🪜🪝🪞🪟🪠🪡🪢🪣🪤🪥🪦🪧🪨🪩🪪🪫🪬🪭🪮🪯🪰🪱🪲🪳🪴🪵🪶🪷🪸🪹🪺🪻🪼🪽🪾🪿🫀🫁🫂🫃🫄🫅🫆🫇🫈🫉🫊🫋🫌🫍🫎🫏🫐🫑🫒🫓🫔🫕🫖🫗🫘🫙🫚🫛🫜🫝🫞🫟🫠🫡🫢🫣🫤🫥🫦🫧🫨🫩🫪🫫🫬🫭🫮🫯🫰🫱🫲🫳🫴🫵🫶🫷🫸🫹🫺🫻🫼🫽🫾🫿'");

CREATE TRIGGER articles_fts_ai AFTER INSERT ON articles BEGIN
    INSERT INTO articles_fts_keys (id) VALUES (new.id);
    INSERT INTO articles_fts (rowid, title, content)
    VALUES ((SELECT rowid FROM articles_fts_keys WHERE id = new.id), new.title, new.content);
END;

CREATE TRIGGER articles_fts_ad AFTER DELETE ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, content)
    VALUES ('delete', (SELECT rowid FROM articles_fts_keys WHERE id = old.id), old.title, old.content);
    DELETE FROM articles_fts_keys WHERE id = old.id;
END;

CREATE TRIGGER articles_fts_au AFTER UPDATE OF id, title, content ON articles
WHEN old.id IS NOT new.id OR old.title IS NOT new.title OR old.content IS NOT new.content BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, content)
    VALUES ('delete', (SELECT rowid FROM articles_fts_keys WHERE id = old.id), old.title, old.content);
    UPDATE articles_fts_keys SET id = new.id WHERE id = old.id;
    INSERT INTO articles_fts (rowid, title, content)
    VALUES ((SELECT rowid FROM articles_fts_keys WHERE id = new.id), new.title, new.content);
END;

INSERT INTO articles_fts (articles_fts) VALUES ('rebuild');

CREATE TABLE alerts (
    id INTEGER NOT NULL, 
    title VARCHAR(512) NOT NULL, 
    message TEXT NOT NULL, 
    source_url VARCHAR(2048), 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_alerts PRIMARY KEY (id)
);

CREATE TABLE workflow_states (
    id INTEGER NOT NULL, 
    workflow_name VARCHAR(255) NOT NULL, 
    status VARCHAR(16) NOT NULL, 
    current_step VARCHAR(255), 
    data JSON, 
    error_message TEXT, 
    completed_at DATETIME, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_workflow_states PRIMARY KEY (id), 
    CONSTRAINT ck_workflow_states_status CHECK (status IN ('pending', 'running', 'completed', 'failed'))
);

CREATE INDEX ix_workflow_states_status_id ON workflow_states (status, id);

CREATE INDEX ix_workflow_states_workflow_name_id ON workflow_states (workflow_name, id);

CREATE TABLE workflow_history (
    id INTEGER NOT NULL, 
    workflow_id INTEGER NOT NULL, 
    status VARCHAR(16) NOT NULL, 
    step VARCHAR(255), 
    message TEXT, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_workflow_history PRIMARY KEY (id), 
    CONSTRAINT fk_workflow_history_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow_states (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_history_workflow_id ON workflow_history (workflow_id);

CREATE TABLE agent_versions (
    id INTEGER NOT NULL, 
    agent_name VARCHAR(255) NOT NULL, 
    version VARCHAR(100) NOT NULL, 
    code TEXT NOT NULL, 
    description TEXT, 
    created_by VARCHAR(255), 
    is_active BOOLEAN, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_agent_versions PRIMARY KEY (id), 
    CONSTRAINT uq_agent_versions_agent_name_version UNIQUE (agent_name, version), 
    CONSTRAINT uq_agent_versions_agent_name_is_active UNIQUE (agent_name, is_active)
);

UPDATE alembic_version SET version_num='005' WHERE alembic_version.version_num = '004';

INSERT INTO database_versions (version, description, applied_at) VALUES ('005', 'upgrade 005: workflows', strftime('%Y-%m-%d %H:%M:%f000', 'now'));

-- Running upgrade 005 -> 006

CREATE TABLE personas (
    id BLOB NOT NULL, 
    name VARCHAR(255) NOT NULL, 
    description TEXT, 
    system_prompt TEXT, 
    metadata JSON, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_personas PRIMARY KEY (id), 
    CONSTRAINT uq_personas_name UNIQUE (name)
);

CREATE TABLE modules (
    id BLOB NOT NULL, 
    name VARCHAR(255), 
    type VARCHAR(64) NOT NULL, 
    description TEXT, 
    trigger_pattern TEXT, 
    script TEXT, 
    content TEXT, 
    execution_context VARCHAR(16) NOT NULL, 
    requires_ai_inference BOOLEAN, 
    stage_priority INTEGER NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_modules PRIMARY KEY (id), 
    CONSTRAINT ck_modules_execution_context CHECK (execution_context IN ('IMMEDIATE', 'POST_RESPONSE', 'ON_DEMAND')), 
    CONSTRAINT uq_modules_name UNIQUE (name)
);

CREATE INDEX ix_modules_execution_context_stage_priority_id ON modules (execution_context, stage_priority, id);

CREATE TABLE conversations (
    id BLOB NOT NULL, 
    user_id BLOB, 
    persona_id BLOB, 
    title VARCHAR(512), 
    provider_type VARCHAR(64), 
    provider_config JSON, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_conversations PRIMARY KEY (id), 
    CONSTRAINT fk_conversations_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
    CONSTRAINT fk_conversations_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE SET NULL
);

CREATE INDEX ix_conversations_user_id ON conversations (user_id);

CREATE INDEX ix_conversations_persona_id ON conversations (persona_id);

CREATE TABLE messages (
    id BLOB NOT NULL, 
    conversation_id BLOB NOT NULL, 
    sequence BIGINT NOT NULL, 
    role VARCHAR(32) NOT NULL, 
    content TEXT NOT NULL, 
    thinking TEXT, 
    extra_data JSON, 
    input_tokens BIGINT, 
    output_tokens BIGINT, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_messages PRIMARY KEY (id), 
    CONSTRAINT ck_messages_sequence CHECK (sequence >= 1), 
    CONSTRAINT ck_messages_input_tokens CHECK (input_tokens >= 0), 
    CONSTRAINT ck_messages_output_tokens CHECK (output_tokens >= 0), 
    CONSTRAINT fk_messages_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE, 
    CONSTRAINT uq_messages_conversation_id_sequence UNIQUE (conversation_id, sequence)
);

CREATE TABLE messages_fts_keys (
    rowid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);

CREATE VIEW messages_fts_rows AS SELECT k.rowid AS rowid, t.content
    FROM messages_fts_keys AS k JOIN messages AS t ON t.id = k.id;

INSERT INTO messages_fts_keys (id) SELECT id FROM messages ORDER BY id;

CREATE VIRTUAL TABLE messages_fts USING fts5(
    content, content='messages_fts_rows', content_rowid='rowid', tokenize="unicode61 remove_diacritics 0 categories 'L* N* Mn Mc' tokenchars '_' separators '⁦⁧⁨⁩₺₻₼₽₾₿⃀⏴⏵⏶⏷⏸⏹⏺⏻⏼⏽⏾⏿✀⭍⭎⭏⭐⭑⭒⭓⭔⭕⭖⭗⭘⭙⭚⭛⭜⭝⭞⭟⭠⭡⭢⭣⭤⭥⭦⭧⭨⭩⭪⭫⭬⭭⭮⭯⭰⭱⭲⭳⭴⭵⭶⭷⭸⭹⭺⭻⭼⭽⭾⭿⮀⮁⮂⮃⮄⮅⮆⮇⮈⮉⮊⮋⮌⮍⮎⮏⮐⮑⮒⮓⮔⮕⮖⮗⮘⮙⮚⮛⮜⮝⮞⮟⮠⮡⮢⮣⮤⮥⮦⮧⮨⮩⮪⮫⮬⮭⮮⮯⮰⮱⮲⮳⮴⮵⮶⮷⮸⮹⮺⮻⮼⮽⮾⮿⯀⯁⯂⯃⯄⯅⯆⯇⯈⯉⯊⯋⯌⯍⯎⯏⯐⯑⯒⯓⯔⯕⯖⯗⯘⯙⯚⯛⯜⯝⯞⯟⯠⯡⯢⯣⯤⯥⯦⯧⯨⯩⯪⯫⯬⯭⯮⯯⯰⯱⯲⯳⯴⯵⯶⯷⯸⯹⯺⯻⯼⯽⯾⯿⸼⸽⸾⸿⹀⹁⹂⹃⹄⹅⹆⹇⹈⹉⹊⹋⹌⹍⹎⹏⹐⹑⹒⹓⹔⹕⹖⹗⹘⹙⹚⹛⹜⹝︀︁︂︃︄︅︆︇︈︉︊︋︌︍︎️🂿🃀🃁🃂🃃🃄🃅🃆🃇🃈🃉🃊🃋🃌🃍🃎🃏🃐🃑🃒🃓🃔🃕🃖🃗🃘🃙🃚🃛🃜🃝🃞🃟🃠🃡🃢🃣🃤🃥🃦🃧🃨🃩🃪🃫🃬🃭🃮🃯🃰🃱🃲🃳🃴🃵🄍🄎🄏🄐🄑🄒🄓🄔🄕🄖🄗🄘🄙🄚🄛🄜🄝🄞🄟🄠🄡🄢🄣🄤🄥🄦🄧🄨🄩🄪🄫🄬🄭🄮🄯🄰🄱🄲🄳🄴🄵🄶🄷🄸🄹🄺🄻🄼🄽🄾🄿🅀🅁🅂🅃🅄🅅🅆🅇🅈🅉🅊🅋🅌🅍🅎🅏🅐🅑🅒🅓🅔🅕🅖🅗🅘🅙🅚🅛🅜🅝🅞🅟🅠🅡🅢🅣🅤🅥🅦🅧🅨🅩🅪🅫🅬🅭🅮🅯🅰🅱🅲🅳🅴🅵🅶🅷🅸🅹🅺🅻🅼🅽🅾🅿🆀🆁🆂🆃🆄🆅🆆🆇🆈🆉🆊🆋🆌🆍🆎🆏🆐🆑🆒🆓🆔🆕🆖🆗🆘🆙🆚🆛🆜🆝🆞🆟🆠🆡🆢🆣🆤🆥🆦🆧🆨🆩🆪🆫🆬🆭🆮🆯🆰🆱🆲🆳🆴🆵🆶🆷🆸🆹🆺🆻🆼🆽🆾🆿🇀🇁🇂🇃🇄🇅🇆🇇🇈🇉🇊🇋🇌🇍🇎🇏🇐🇑🇒🇓🇔🇕🇖🇗🇘🇙🇚🇛🇜🇝🇞🇟🇠🇡🇢🇣🇤🇥🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿🈀🈁🈂🈃🈄🈅🈆🈇🈈🈉🈊🈋🈌🈍🈎🈏🈐🈑🈒🈓🈔🈕🈖🈗🈘🈙🈚🈛🈜🈝🈞🈟🈠🈡🈢🈣🈤🈥🈦🈧🈨🈩🈪🈫🈬🈭🈮🈯🈰🈱🈲🈳🈴🈵🈶🈷🈸🈹🈺🈻🈼🈽🈾🈿🉀🉁🉂🉃🉄🉅🉆🉇🉈🉉🉊🉋🉌🉍🉎🉏🉐🉑🉒🉓🉔🉕🉖🉗🉘🉙🉚🉛🉜🉝🉞🉟🉠🉡🉢🉣🉤🉥🉦🉧🉨🉩🉪🉫🉬🉭🉮🉯🉰🉱🉲🉳🉴🉵🉶🉷🉸🉹🉺🉻🉼🉽🉾🉿🊀🊁🊂🊃🊄🊅🊆🊇🊈🊉🊊🊋🊌🊍🊎🊏🊐🊑🊒🊓🊔🊕🊖🊗🊘🊙🊚🊛🊜🊝🊞🊟🊠🊡🊢🊣🊤🊥🊦🊧🊨🊩🊪🊫🊬🊭🊮🊯🊰🊱🊲🊳🊴🊵🊶🊷🊸🊹🊺🊻🊼🊽🊾🊿🋀🋁🋂🋃🋄🋅🋆🋇🋈🋉🋊🋋🋌🋍🋎🋏🋐🋑🋒🋓🋔🋕🋖🋗🋘🋙🋚🋛🋜🋝🋞🋟🋠🋡🋢🋣🋤🋥🋦🋧🋨🋩🋪🋫🋬🋭🋮🋯🋰🋱🋲🋳🋴🋵🋶🋷🋸🋹🋺🋻🋼🋽🋾🋿🌀🌁🌂🌃🌄🌅🌆🌇🌈🌉🌊🌋🌌🌍🌎🌏🌐🌑🌒🌓🌔🌕🌖🌗🌘🌙🌚🌛🌜🌝🌞🌟🌠🌡🌢🌣🌤🌥🌦🌧🌨🌩🌪🌫🌬🌭🌮🌯🌰🌱🌲🌳🌴🌵🌶🌷🌸🌹🌺🌻🌼🌽🌾🌿🍀🍁🍂🍃🍄🍅🍆🍇🍈🍉🍊🍋🍌🍍🍎🍏🍐🍑🍒🍓🍔🍕🍖🍗🍘🍙🍚🍛🍜🍝🍞🍟🍠🍡🍢🍣🍤🍥🍦🍧🍨🍩🍪🍫🍬🍭🍮🍯🍰🍱🍲🍳🍴🍵🍶🍷🍸🍹🍺🍻🍼🍽🍾🍿🎀🎁🎂🎃🎄🎅🎆🎇🎈🎉🎊🎋🎌🎍🎎🎏🎐🎑🎒🎓🎔🎕🎖🎗🎘🎙🎚🎛🎜🎝🎞🎟🎠🎡🎢🎣🎤🎥🎦🎧🎨🎩🎪🎫🎬🎭🎮🎯🎰🎱🎲🎳🎴🎵🎶🎷🎸🎹🎺🎻🎼🎽🎾🎿🏀🏁🏂🏃🏄🏅🏆🏇🏈🏉🏊🏋🏌🏍🏎🏏🏐🏑🏒🏓🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏠🏡🏢🏣🏤🏥🏦🏧🏨🏩🏪🏫🏬🏭🏮🏯🏰🏱🏲🏳🏴🏵🏶🏷🏸🏹🏺🏻🏼🏽🏾🏿🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊🐋🐌🐍🐎🐏🐐🐑🐒🐓🐔🐕🐖🐗🐘🐙🐚🐛🐜🐝🐞🐟🐠🐡🐢🐣🐤🐥🐦🐧🐨🐩🐪🐫🐬🐭🐮🐯🐰🐱🐲🐳🐴🐵🐶🐷🐸🐹🐺🐻🐼🐽🐾🐿👀👁👂👃👄👅👆👇👈👉👊👋👌👍👎👏👐👑👒👓👔👕👖👗👘👙👚👛👜👝👞👟👠👡👢👣👤👥👦👧👨👩👪👫👬👭👮👯👰👱👲👳👴👵👶👷👸👹👺👻👼👽👾👿💀💁💂💃💄💅💆💇💈💉💊💋💌💍💎💏💐💑💒💓💔💕💖💗💘💙💚💛💜💝💞💟💠💡💢💣💤💥💦💧💨💩💪💫💬💭💮💯💰💱💲💳💴💵💶💷💸💹💺💻💼💽💾💿📀📁📂📃📄📅📆📇📈📉📊📋📌📍📎📏📐📑📒📓📔📕📖📗📘📙📚📛📜📝📞📟📠📡📢📣📤📥📦📧📨📩📪📫📬📭📮📯📰📱📲📳📴📵📶📷📸📹📺📻📼📽📾📿🔀🔁🔂🔃🔄🔅🔆🔇🔈🔉🔊🔋🔌🔍🔎🔏🔐🔑🔒🔓🔔🔕🔖🔗🔘🔙🔚🔛🔜🔝🔞🔟🔠🔡🔢🔣🔤🔥🔦🔧🔨🔩🔪🔫🔬🔭🔮🔯🔰🔱🔲🔳🔴🔵🔶🔷🔸🔹🔺🔻🔼🔽🔾🔿🕀🕁🕂🕃🕄🕅🕆🕇🕈🕉🕊🕋🕌🕍🕎🕏🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛🕜🕝🕞🕟🕠🕡🕢🕣🕤🕥🕦🕧🕨🕩🕪🕫🕬🕭🕮🕯🕰🕱🕲🕳🕴🕵🕶🕷🕸🕹🕺🕻🕼🕽🕾🕿🖀🖁🖂🖃🖄🖅🖆🖇🖈🖉🖊🖋🖌🖍🖎🖏🖐🖑🖒🖓🖔🖕🖖🖗🖘🖙🖚🖛🖜🖝🖞🖟🖠🖡🖢🖣🖤🖥🖦🖧🖨🖩🖪🖫🖬🖭🖮🖯🖰🖱🖲🖳🖴🖵🖶🖷🖸🖹🖺🖻🖼🖽🖾🖿🗀🗁🗂🗃🗄🗅🗆🗇🗈🗉🗊🗋🗌🗍🗎🗏🗐🗑🗒🗓🗔🗕🗖🗗🗘🗙🗚🗛🗜🗝🗞🗟🗠🗡🗢🗣🗤🗥🗦🗧🗨🗩🗪🗫🗬🗭🗮🗯🗰🗱🗲🗳🗴🗵🗶🗷🗸🗹🗺🗻🗼🗽🗾🗿😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗😘😙😚😛😜😝😞😟😠😡😢😣😤😥😦😧😨😩😪😫😬😭😮😯😰😱😲😳😴😵😶😷😸😹😺😻😼😽😾😿🙀🙁🙂🙃🙄🙅🙆🙇🙈🙉🙊🙋🙌🙍🙎🙏🙐🙑🙒🙓🙔🙕🙖🙗🙘🙙🙚🙛🙜🙝🙞🙟🙠🙡🙢🙣🙤🙥🙦🙧🙨🙩🙪🙫🙬🙭🙮🙯🙰🙱🙲🙳🙴🙵🙶🙷🙸🙹🙺🙻🙼🙽🙾🙿🚀🚁🚂🚃🚄🚅🚆🚇🚈🚉🚊🚋🚌🚍🚎🚏🚐🚑🚒🚓🚔🚕🚖🚗🚘🚙🚚🚛🚜🚝🚞🚟🚠🚡🚢🚣🚤🚥🚦🚧🚨🚩🚪🚫🚬🚭🚮🚯🚰🚱🚲🚳🚴🚵🚶🚷🚸🚹🚺🚻🚼🚽🚾🚿🛀🛁🛂🛃🛄🛅🛆🛇🛈🛉🛊🛋🛌🛍🛎🛏🛐🛑🛒🛓🛔🛕🛖🛗🛘🛙🛚🛛🛜🛝🛞🛟🛠🛡🛢🛣🛤🛥🛦🛧🛨🛩🛪🛫🛬🛭🛮🛯🛰🛱🛲🛳🛴🛵🛶🛷🛸🛹🛺🛻🛼🛽🛾🛿🜀🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋🜌🜍🜎🜏🜐🜑🜒🜓🜔🜕🜖🜗🜘🜙🜚🜛🜜🜝🜞🜟🜠🜡🜢🜣🜤🜥🜦🜧🜨🜩🜪🜫🜬🜭🜮🜯🜰🜱🜲🜳🜴🜵🜶🜷🜸🜹🜺🜻🜼🜽🜾🜿🝀🝁🝂🝃🝄🝅🝆🝇🝈🝉🝊🝋🝌🝍🝎🝏🝐🝑🝒🝓🝔🝕🝖🝗🝘🝙🝚🝛🝜🝝🝞🝟🝠🝡🝢🝣🝤🝥🝦🝧🝨🝩🝪🝫🝬🝭🝮🝯🝰🝱🝲🝳🝴🝵🝶🝷🝸🝹🝺🝻🝼🝽🝾🝿🞀🞁🞂🞃🞄🞅🞆🞇🞈🞉🞊🞋🞌🞍🞎🞏🞐🞑🞒🞓🞔🞕🞖🞗🞘🞙🞚🞛🞜🞝🞞🞟🞠🞡🞢🞣🞤🞥🞦🞧🞨🞩🞪🞫🞬🞭🞮🞯🞰🞱🞲🞳🞴🞵🞶🞷🞸🞹🞺🞻🞼🞽🞾🞿🟀🟁🟂🟃🟄🟅🟆🟇🟈🟉🟊🟋🟌🟍🟎🟏🟐🟑🟒🟓🟔🟕🟖🟗🟘🟙🟚🟛🟜🟝🟞🟟🟠🟡🟢🟣🟤🟥🟦🟧🟨🟩🟪🟫🟬🟭🟮🟯🟰🟱🟲🟳🟴🟵🟶🟷🟸🟹🟺🟻🟼🟽🟾🟿🠀🠁🠂🠃🠄🠅🠆🠇🠈🠉🠊🠋🠌🠍🠎🠏🠐🠑🠒🠓🠔🠕🠖🠗🠘🠙🠚🠛🠜🠝🠞🠟🠠🠡🠢🠣🠤🠥🠦🠧🠨🠩🠪🠫🠬🠭🠮🠯🠰🠱🠲🠳🠴🠵🠶🠷🠸🠹🠺🠻🠼🠽🠾🠿🡀🡁🡂🡃🡄🡅🡆🡇🡈🡉🡊🡋🡌🡍🡎🡏🡐🡑🡒🡓🡔🡕🡖🡗🡘🡙🡚🡛🡜🡝🡞🡟🡠🡡🡢🡣🡤🡥🡦🡧🡨🡩🡪🡫🡬🡭🡮🡯🡰🡱🡲🡳🡴🡵🡶🡷🡸🡹🡺🡻🡼🡽🡾🡿🢀🢁🢂🢃🢄🢅🢆🢇🢈🢉🢊🢋🢌🢍🢎🢏🢐🢑🢒🢓🢔🢕🢖🢗🢘🢙🢚🢛🢜🢝🢞🢟🢠🢡🢢🢣🢤🢥🢦🢧🢨🢩🢪🢫🢬🢭🢮🢯🢰🢱🢲🢳🢴🢵🢶🢷🢸🢹🢺🢻🢼🢽🢾🢿🣀🣁🣂🣃🣄🣅🣆🣇🣈🣉🣊🣋🣌🣍🣎🣏🣐🣑🣒🣓🣔🣕🣖🣗🣘🣙🣚🣛🣜🣝🣞🣟🣠🣡🣢🣣🣤🣥🣦🣧🣨🣩🣪🣫🣬🣭🣮🣯🣰🣱🣲🣳🣴🣵🣶🣷🣸🣹🣺🣻🣼🣽🣾🣿🤀🤁🤂🤃🤄🤅🤆🤇🤈🤉🤊🤋🤌🤍🤎🤏🤐🤑🤒🤓🤔🤕🤖🤗🤘🤙🤚🤛🤜🤝🤞🤟🤠🤡🤢🤣🤤🤥🤦🤧🤨🤩🤪🤫🤬🤭🤮🤯🤰🤱🤲🤳🤴🤵🤶🤷🤸🤹🤺🤻🤼🤽🤾🤿🥀🥁🥂🥃🥄🥅🥆🥇🥈🥉🥊🥋🥌🥍🥎🥏🥐🥑🥒🥓🥔🥕🥖🥗🥘🥙🥚🥛🥜🥝🥞🥟🥠🥡🥢🥣🥤🥥🥦🥧🥨🥩🥪🥫🥬🥭🥮🥯🥰🥱🥲🥳🥴🥵🥶🥷🥸🥹🥺🥻🥼🥽🥾🥿🦀🦁🦂🦃🦄🦅🦆🦇🦈🦉🦊🦋🦌🦍🦎🦏🦐🦑🦒🦓🦔🦕🦖🦗🦘🦙🦚🦛🦜🦝🦞🦟🦠🦡🦢🦣🦤🦥🦦🦧🦨🦩🦪🦫🦬🦭🦮🦯🦰🦱🦲🦳🦴🦵🦶🦷🦸🦹🦺🦻🦼🦽🦾🦿🧀🧁🧂🧃🧄🧅🧆🧇🧈🧉🧊🧋🧌🧍🧎🧏🧐🧑🧒🧓🧔🧕🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟🧠🧡🧢🧣🧤🧥🧦🧧🧨🧩🧪🧫🧬🧭🧮🧯🧰🧱🧲🧳🧴🧵🧶🧷🧸🧹🧺🧻🧼🧽🧾🧿🨀🨁🨂🨃🨄🨅🨆🨇🨈🨉🨊🨋🨌🨍🨎🨏🨐🨑🨒🨓🨔🨕🨖🨗🨘🨙🨚🨛🨜🨝🨞🨟🨠🨡🨢🨣🨤🨥🨦🨧🨨🨩🨪🨫🨬🨭🨮🨯🨰🨱🨲🨳🨴🨵🨶🨷🨸🨹🨺🨻🨼🨽🨾🨿🩀🩁🩂🩃🩄🩅🩆🩇🩈🩉🩊🩋🩌🩍🩎🩏🩐🩑🩒🩓🩔🩕🩖🩗🩘🩙🩚🩛🩜🩝🩞🩟🩠🩡🩢🩣🩤🩥🩦🩧🩨🩩🩪🩫🩬🩭🩮🩯🩰🩱🩲🩳🩴🩵🩶🩷🩸🩹🩺🩻🩼🩽🩾🩿🪀🪁🪂🪃🪄🪅🪆🪇🪈🪉🪊🪋🪌🪍🪎🪏🪐🪑🪒🪓🪔🪕🪖🪗🪘🪙🪚🪛🪜🪝🪞🪟🪠🪡🪢🪣🪤🪥🪦🪧🪨🪩🪪🪫🪬🪭🪮🪯🪰🪱🪲🪳🪴🪵🪶🪷🪸🪹🪺🪻🪼🪽🪾🪿🫀🫁🫂🫃🫄🫅🫆🫇🫈🫉🫊🫋🫌🫍🫎🫏🫐🫑🫒🫓🫔🫕🫖🫗🫘🫙🫚🫛🫜🫝🫞🫟🫠🫡🫢🫣🫤🫥🫦🫧🫨🫩🫪🫫🫬🫭🫮🫯🫰🫱🫲🫳🫴🫵🫶🫷🫸🫹🫺🫻🫼🫽🫾🫿'");

CREATE TRIGGER messages_fts_ai AFTER INSERT ON messages BEGIN
    INSERT INTO messages_fts_keys (id) VALUES (new.id);
    INSERT INTO messages_fts (rowid, content)
    VALUES ((SELECT rowid FROM messages_fts_keys WHERE id = new.id), new.content);
END;

CREATE TRIGGER messages_fts_ad AFTER DELETE ON messages BEGIN
    INSERT INTO messages_fts (messages_fts, rowid, content)
    VALUES ('delete', (SELECT rowid FROM messages_fts_keys WHERE id = old.id), old.content);
    DELETE FROM messages_fts_keys WHERE id = old.id;
END;

CREATE TRIGGER messages_fts_au AFTER UPDATE OF id, content ON messages
WHEN old.id IS NOT new.id OR old.content IS NOT new.content BEGIN
    INSERT INTO messages_fts (messages_fts, rowid, content)
    VALUES ('delete', (SELECT rowid FROM messages_fts_keys WHERE id = old.id), old.content);
    UPDATE messages_fts_keys SET id = new.id WHERE id = old.id;
    INSERT INTO messages_fts (rowid, content)
    VALUES ((SELECT rowid FROM messages_fts_keys WHERE id = new.id), new.content);
END;

INSERT INTO messages_fts (messages_fts) VALUES ('rebuild');

CREATE TABLE conversation_states (
    id BLOB NOT NULL, 
    conversation_id BLOB NOT NULL, 
    persona_id BLOB, 
    module_id BLOB, 
    owner VARCHAR(65) NOT NULL, 
    state_key VARCHAR(255) NOT NULL, 
    value JSON, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_conversation_states PRIMARY KEY (id), 
    CONSTRAINT fk_conversation_states_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE, 
    CONSTRAINT fk_conversation_states_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE CASCADE, 
    CONSTRAINT fk_conversation_states_module_id FOREIGN KEY(module_id) REFERENCES modules (id) ON DELETE CASCADE, 
    CONSTRAINT uq_conversation_states_conversation_id_owner_state_key UNIQUE (conversation_id, owner, state_key)
);

CREATE INDEX ix_conversation_states_persona_id ON conversation_states (persona_id);

CREATE INDEX ix_conversation_states_module_id ON conversation_states (module_id);

CREATE TABLE conversation_memory (
    id BLOB NOT NULL, 
    conversation_id BLOB NOT NULL, 
    persona_id BLOB, 
    first_message_id BLOB, 
    content TEXT NOT NULL, 
    memory_type VARCHAR(64) NOT NULL, 
    importance DOUBLE NOT NULL, 
    decay DOUBLE NOT NULL, 
    embedding BLOB NOT NULL, 
    metadata JSON, 
    last_accessed DATETIME, 
    access_count BIGINT NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_conversation_memory PRIMARY KEY (id), 
    CONSTRAINT ck_conversation_memory_importance CHECK (importance >= 0 AND importance <= 1), 
    CONSTRAINT ck_conversation_memory_decay CHECK (decay >= 0 AND decay <= 1), 
    CONSTRAINT ck_conversation_memory_access_count CHECK (access_count >= 0), 
    CONSTRAINT fk_conversation_memory_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE, 
    CONSTRAINT fk_conversation_memory_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE SET NULL, 
    CONSTRAINT fk_conversation_memory_first_message_id FOREIGN KEY(first_message_id) REFERENCES messages (id) ON DELETE SET NULL
);

CREATE INDEX ix_conversation_memory_conversation_id ON conversation_memory (conversation_id);

CREATE INDEX ix_conversation_memory_persona_id ON conversation_memory (persona_id);

CREATE INDEX ix_conversation_memory_first_message_id ON conversation_memory (first_message_id);

CREATE TABLE memory_collections (
    name VARCHAR(64) NOT NULL, 
    dimension INTEGER NOT NULL, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_memory_collections PRIMARY KEY (name), 
    CONSTRAINT ck_memory_collections_dimension CHECK (dimension >= 1)
);

UPDATE alembic_version SET version_num='006' WHERE alembic_version.version_num = '005';

INSERT INTO database_versions (version, description, applied_at) VALUES ('006', 'upgrade 006: conversations', strftime('%Y-%m-%d %H:%M:%f000', 'now'));

COMMIT;

INSERT INTO users (id, username, email, metadata, created_at, updated_at) VALUES (X'00000000000000000000000000000001', 'Ä 🙂', 'a@example.org', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO users (id, username, email, metadata, created_at, updated_at) VALUES (X'018f00000000700080000000000000ff', NULL, NULL, NULL, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO neural_configs (id, name, config, created_at, updated_at) VALUES (1, 'a', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO neural_configs (id, name, config, created_at, updated_at) VALUES (2, 'A', '{}', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO neural_configs (id, name, config, created_at, updated_at) VALUES (5, 'á ', '[]', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO text_corpora (id, title, content, source, metadata, word_count, char_count, created_at) VALUES (1, 'Titel 🙂', 'Ein Text 🙂 über Wörter	und é zwei
Zeilen; DROP TABLE x; --', 'a/b.txt', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', 1099511627776, 7, '2024-02-29 23:59:59.123457');
INSERT INTO text_corpora (id, title, content, source, metadata, word_count, char_count, created_at) VALUES (9, NULL, 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', NULL, NULL, 0, 480, '2024-02-29 23:59:59.123458');
INSERT INTO training_jobs (id, job_id, status, progress, message, error, neural_config_id, text_corpus_id, started_at, completed_at, created_at, updated_at) VALUES (3, 'job-🙂', 'running', 0.30000000000000004, 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '', 2, 9, '2024-02-29 23:59:59.123457', NULL, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO training_jobs (id, job_id, status, progress, message, error, neural_config_id, text_corpus_id, started_at, completed_at, created_at, updated_at) VALUES (4, 'JOB-🙂', 'pending', 100.0, NULL, NULL, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO markov_ngrams (n, context, next_char, count, probability) VALUES (1, '', ' ', 1, NULL);
INSERT INTO markov_ngrams (n, context, next_char, count, probability) VALUES (3, 'aé', '🙂', 1125899906842624, 1.0);
INSERT INTO markov_ngrams (n, context, next_char, count, probability) VALUES (3, 'aE', '
', 5, 0.3333333333333333);
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (1, 1, 0, 'pfad/ä1', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'NaN', 0.25, NULL, 3, '2024-02-29 23:59:59.123457');
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (2, 2, 0, 'pfad/ä2', NULL, 9e999, 0.25, 1, 3, '2024-02-29 23:59:59.123457');
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (3, 3, 0, 'pfad/ä3', NULL, -9e999, 0.25, NULL, 3, '2024-02-29 23:59:59.123457');
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (4, 4, 0, 'pfad/ä4', NULL, 5e-324, 0.25, NULL, 3, '2024-02-29 23:59:59.123457');
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (5, 5, 0, 'pfad/ä5', NULL, NULL, 0.25, NULL, 3, '2024-02-29 23:59:59.123457');
INSERT INTO generation_history (id, prompt, response, model, parameters, quality_score, user_rating, created_at) VALUES (1, 'def ', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'M', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', 'NaN', 5, '2024-02-29 23:59:59.123457');
INSERT INTO generation_history (id, prompt, response, model, parameters, quality_score, user_rating, created_at) VALUES (2, '', '', NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457');
INSERT INTO accuracy_metrics (id, metric_type, value, step, metadata, model_checkpoint_id, training_job_id, created_at) VALUES (8, 'loss', 'NaN', 9007199254740992, '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', 2, 3, '2024-02-29 23:59:59.123457');
INSERT INTO accuracy_metrics (id, metric_type, value, step, metadata, model_checkpoint_id, training_job_id, created_at) VALUES (9, 'Loss', -0.0, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457');
INSERT INTO articles (id, url, title, content, created_at) VALUES ('a', 'https://example.org/ä?q=%s', 'Titel 🙂', 'Ein Text 🙂 über Wörter	und é zwei
Zeilen; DROP TABLE x; --', '2024-02-29 23:59:59.123457');
INSERT INTO articles (id, url, title, content, created_at) VALUES ('A', NULL, NULL, 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '2024-02-29 23:59:59.123457');
INSERT INTO articles (id, url, title, content, created_at) VALUES ('á ', '', '', '', '2024-02-29 23:59:59.123457');
INSERT INTO alerts (id, title, message, source_url, created_at) VALUES (2, 'Ä 🙂', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'https://example.org/', '2024-02-29 23:59:59.123457');
INSERT INTO alerts (id, title, message, source_url, created_at) VALUES (7, '', '', NULL, '2024-02-29 23:59:59.123458');
INSERT INTO workflow_states (id, workflow_name, status, current_step, data, error_message, completed_at, created_at, updated_at) VALUES (1, 'tägliche Runde', 'running', 'Schritt 🙂', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', NULL, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO workflow_states (id, workflow_name, status, current_step, data, error_message, completed_at, created_at, updated_at) VALUES (2, 'tägliche Runde', 'completed', NULL, '[]', NULL, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO workflow_states (id, workflow_name, status, current_step, data, error_message, completed_at, created_at, updated_at) VALUES (5, 'tägliche Runde', 'pending', '', NULL, '', NULL, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO workflow_history (id, workflow_id, status, step, message, created_at) VALUES (3, 1, 'pending', NULL, NULL, '2024-02-29 23:59:59.123457');
INSERT INTO workflow_history (id, workflow_id, status, step, message, created_at) VALUES (4, 1, 'running', 'Schritt 🙂', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '2024-02-29 23:59:59.123457');
INSERT INTO workflow_history (id, workflow_id, status, step, message, created_at) VALUES (9, 2, 'completed', '', '', '2024-02-29 23:59:59.123457');
INSERT INTO agent_versions (id, agent_name, version, code, description, created_by, is_active, created_at) VALUES (1, 'scout', '1', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'Ä', NULL, '2024-02-29 23:59:59.123457');
INSERT INTO agent_versions (id, agent_name, version, code, description, created_by, is_active, created_at) VALUES (2, 'scout', '1 ', '', NULL, NULL, 1, '2024-02-29 23:59:59.123457');
INSERT INTO agent_versions (id, agent_name, version, code, description, created_by, is_active, created_at) VALUES (3, 'scout', 'A', 'Ein Text 🙂 über Wörter	und é zwei
Zeilen; DROP TABLE x; --', 'Ein Text 🙂 über Wörter	und é zwei
Zeilen; DROP TABLE x; --', 'Ä', NULL, '2024-02-29 23:59:59.123457');
INSERT INTO agent_versions (id, agent_name, version, code, description, created_by, is_active, created_at) VALUES (8, 'Scout', '1', 'print(''🙂'')', NULL, NULL, 1, '2024-02-29 23:59:59.123457');
INSERT INTO personas (id, name, description, system_prompt, metadata, created_at, updated_at) VALUES (X'018f0000000070008000000000000001', 'a', 'Ä 🙂', NULL, '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO personas (id, name, description, system_prompt, metadata, created_at, updated_at) VALUES (X'018f00000000700080000000000000ff', 'A', 'Ä 🙂', NULL, '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO modules (id, name, type, description, trigger_pattern, script, content, execution_context, requires_ai_inference, stage_priority, created_at, updated_at) VALUES (X'018f0000000070008000000000000001', NULL, 'script', NULL, '\d+ %s', 'x = 1
', NULL, 'IMMEDIATE', 1, -5, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO conversations (id, user_id, persona_id, title, provider_type, provider_config, created_at, updated_at) VALUES (X'018f0000000070008000000000000001', X'00000000000000000000000000000001', X'018f0000000070008000000000000001', 'Titel 🙂', 'local', '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO conversations (id, user_id, persona_id, title, provider_type, provider_config, created_at, updated_at) VALUES (X'018f00000000700080000000000000ff', NULL, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO messages (id, conversation_id, sequence, role, content, thinking, extra_data, input_tokens, output_tokens, created_at, updated_at) VALUES (X'018f0000000070008000000000000001', X'018f0000000070008000000000000001', 1, 'user', 'Was heißt 文字? 🙂', NULL, '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', 1099511627776, 0, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO conversation_states (id, conversation_id, persona_id, module_id, owner, state_key, value, created_at, updated_at) VALUES (X'018f0000000070008000000000000001', X'018f0000000070008000000000000001', NULL, X'018f0000000070008000000000000001', ':018f0000000070008000000000000001', 'k ', '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO conversation_memory (id, conversation_id, persona_id, first_message_id, content, memory_type, importance, decay, embedding, metadata, last_accessed, access_count, created_at, updated_at) VALUES (X'018f0000000070008000000000000001', X'018f0000000070008000000000000001', NULL, X'018f0000000070008000000000000001', '', 'fact', 0.30000000000000004, 1.0, X'9a99193fcdcc4c3f', NULL, '2024-02-29 23:59:59.123457', 7, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO conversation_memory (id, conversation_id, persona_id, first_message_id, content, memory_type, importance, decay, embedding, metadata, last_accessed, access_count, created_at, updated_at) VALUES (X'018f00000000700080000000000000ff', X'018f0000000070008000000000000001', NULL, X'018f0000000070008000000000000001', '', 'fact', 0.30000000000000004, 1.0, X'01000000000080bf', NULL, '2024-02-29 23:59:59.123457', 7, '2024-02-29 23:59:59.123457', '2024-02-29 23:59:59.123457');
INSERT INTO memory_collections (name, dimension, created_at) VALUES ('conversation_memory', 2, '2024-02-29 23:59:59.123457');

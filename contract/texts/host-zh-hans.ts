import type { HostText } from './host-en.ts';

/** The same sentences in Simplified Chinese. */
export const hostTextsZhHans: Readonly<Record<HostText, string>> = {
  'browser-ready': 'Unspeckle 已在 {address} 打开',
  'browser-end': '只有这台电脑能访问它。在此按 Ctrl-C 结束。',
  'browser-not-opened': '无法从这里打开浏览器：请自行在浏览器中打开该地址。',
  'browser-port-taken': '端口 {port} 已被占用。请用 --port 另选一个，或不指定端口。',
  'browser-usage':
    '用法：node out/web.js [--port 端口] [--no-open] [文件或文件夹 …]\n\n' +
    '  --port 端口   127.0.0.1 上的端口；不填则用任意空闲端口\n' +
    '  --no-open     只显示地址\n' +
    '  文件、文件夹  一开始就添加的图片',
  'browser-port-invalid': '--port：应为 0 到 65535 的数字，得到的是 {received}。',
  'browser-no-key': '此页面需要密钥。请打开 Unspeckle 启动时显示的完整地址。',
  'browser-wrong-place': 'Unspeckle 只回应自己的页面。请打开它启动时显示的地址。',
  'browser-nothing-here': '此地址没有内容。',
  'menu-file': '文件',
  'menu-add-pictures': '添加图片…',
  'menu-add-folder': '添加文件夹…',
  'menu-quit': '退出',
  'menu-edit': '编辑',
  'menu-view': '视图',
  'menu-larger': '放大文字',
  'menu-smaller': '缩小文字',
  'menu-usual-size': '默认文字大小',
  'menu-full-screen': '全屏',
  'menu-window': '窗口',
  'menu-help': '帮助',
  'menu-about': '关于 Unspeckle',
  'dialog-add-pictures': '添加图片',
  'dialog-add-folder': '添加图片文件夹',
  'dialog-pictures': '图片',
  'dialog-all-files': '所有文件',
  'dialog-output-folder': '存放处理后图片的文件夹',
  'dialog-import-model': '导入模型',
  'dialog-models': '模型',
  'dialog-save': '保存',
  'quit-question-cleaning': '图片仍在处理中。仍要退出吗？',
  'quit-detail-cleaning': '已完成的会保留。其余的可在下次打开 Unspeckle 时继续。',
  'quit-stay-cleaning': '继续处理',
  'quit-question-training': '网络仍在训练中。仍要退出吗？',
  'quit-detail-training': '已学到的会保留。可在下次打开 Unspeckle 时继续训练。',
  'quit-stay-training': '继续训练',
  'quit-end': '退出',
  'start-failed': 'Unspeckle 无法启动',
};
